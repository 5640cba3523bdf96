import { readZoneFile, type ZoneFile } from "./zone-file.ts";

/** How local time differs from UTC at one moment. */
export interface Zone {
  readonly name: string;
  /** Seconds east of UTC. */
  readonly offset: number;
}

/** Coordinated universal time. */
export const UTC: Zone = { name: "UTC", offset: 0 };

// Without a zone database: each place has short names in English for the zones it knows; the first that has one is taken.
const LOCALES = ["en-US", "en-GB", "en-AU", "en-NZ", "en-IN", "en-ZA"];

function shortName(date: Date, locale: string): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(date);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

function numericName(offset: number): string {
  const minutes = Math.abs(offset) / 60;
  const hours = Math.trunc(minutes / 60)
    .toString()
    .padStart(2, "0");
  const rest = minutes % 60 === 0 ? "" : (minutes % 60).toString().padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${hours}${rest}`;
}

function nameInEnglish(date: Date): string | undefined {
  return LOCALES.map((locale) => shortName(date, locale)).find((short) => /^[A-Z]{3,5}$/.test(short));
}

let known: { readonly zone: string | undefined; readonly file: ZoneFile | null } | null = null;

function zoneFile(): ZoneFile | null {
  const zone = process.env.TZ;
  if (known === null || known.zone !== zone) known = { zone, file: readZoneFile(zone) };
  return known.file;
}

/** The zone of this machine (`TZ`, else the system's) at this moment; `+03` where it has no letters. */
export function localZone(milliseconds: number): Zone {
  const date = new Date(milliseconds);
  const offset = -date.getTimezoneOffset() * 60;
  const name = zoneFile()?.nameAt(Math.floor(milliseconds / 1000), offset) ?? nameInEnglish(date);
  return { name: name ?? (offset === 0 ? "UTC" : numericName(offset)), offset };
}
