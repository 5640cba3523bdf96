/** How local time differs from UTC at one moment. */
export interface Zone {
  readonly name: string;
  /** Seconds east of UTC. */
  readonly offset: number;
}

/** Coordinated universal time. */
export const UTC: Zone = { name: "UTC", offset: 0 };

// Different places give different zones their short name in English; the first that has one is taken.
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

/** The zone of this machine (`TZ`, else the system's) at this moment; `+03` where the zone has no letters. */
export function localZone(milliseconds: number): Zone {
  const date = new Date(milliseconds);
  const offset = -date.getTimezoneOffset() * 60;
  if (offset === 0 && /^(?:Etc\/)?(?:UTC|UCT|Zulu|Universal)$/.test(Intl.DateTimeFormat().resolvedOptions().timeZone))
    return UTC;
  const name = LOCALES.map((locale) => shortName(date, locale)).find((short) => /^[A-Z]{3,5}$/.test(short));
  return { name: name ?? numericName(offset), offset };
}
