import { toBytes } from "../../gotemplate/bytes.ts";
import { asInt, asText, Func, func } from "../../gotemplate/func.ts";
import { INT, INT64, type Method, named, STRING, structOf, type Type } from "../../gotemplate/type.ts";
import { Scalar, Struct, type Value } from "../../gotemplate/value.ts";
import { type Civil, civilAt, MONTHS, WEEKDAYS } from "./civil.ts";
import { asDuration, DURATION } from "./duration.ts";
import { formatTime } from "./layout.ts";
import { localZone, UTC, type Zone } from "./zone.ts";

/** A moment: nanoseconds since 1970, and since the process began where it was read from the clock. */
export interface Instant {
  readonly wall: bigint;
  readonly monotonic: bigint | null;
}

interface Moment extends Instant {
  readonly zone: Zone;
}

const moments = new WeakMap<object, Moment>();

function timeValue(moment: Moment): Struct {
  const value = new Struct(TIME, [], `${moment.wall} ${moment.zone.name}`);
  moments.set(value, moment);
  return value;
}

function momentOf(value: Value): Moment {
  const moment = value instanceof Struct ? moments.get(value) : undefined;
  if (moment === undefined) throw new TypeError("a checked argument is no time.Time");
  return moment;
}

function calendar({ wall, zone }: Moment): Civil {
  return civilAt(wall, zone.offset);
}

function showTime(moment: Moment): string {
  const text = formatTime("2006-01-02 15:04:05.999999999 -0700 MST", calendar(moment), moment.zone);
  if (moment.monotonic === null) return text;
  const { monotonic } = moment;
  const size = monotonic < 0n ? -monotonic : monotonic;
  const fraction = (size % 1_000_000_000n).toString().padStart(9, "0");
  return `${text} m=${monotonic < 0n ? "-" : "+"}${size / 1_000_000_000n}.${fraction}`;
}

function nameOf(names: readonly string[], first: number): (self: Value) => string {
  return (self) => (self instanceof Scalar ? (names[Number(self.value) - first] ?? "") : "");
}

const MONTH: Type = named("time.Month", INT, { text: nameOf(MONTHS, 1) });
const WEEKDAY: Type = named("time.Weekday", INT, { text: nameOf(WEEKDAYS, 0) });

function reader(read: (moment: Moment) => Value): Method {
  return (self) => func([], () => read(momentOf(self)));
}

function count(read: (at: Civil) => number): Method {
  return reader((moment) => BigInt(read(calendar(moment))));
}

function unix(unit: bigint): Method {
  return reader(({ wall }) => new Scalar(INT64, (wall - (((wall % unit) + unit) % unit)) / unit));
}

function compared(holds: (a: bigint, b: bigint) => boolean): Method {
  return (self) => func([TIME], ([other]) => holds(momentOf(self).wall, momentOf(other).wall));
}

function moved(moment: Moment, by: bigint): Struct {
  return timeValue({
    ...moment,
    wall: moment.wall + by,
    monotonic: moment.monotonic === null ? null : moment.monotonic + by,
  });
}

// Days and months beyond the end of theirs run over into the next.
function movedDate(moment: Moment, years: bigint, months: bigint, days: bigint): Struct {
  const at = calendar(moment);
  const [year, month, day] = [at.year + Number(years), at.month - 1 + Number(months), at.day + Number(days)];
  const utc = Date.UTC(year, month, day, at.hour, at.minute, at.second);
  const wall = BigInt(utc - moment.zone.offset * 1000) * 1_000_000n + BigInt(at.nanosecond);
  return timeValue({ ...moment, wall, monotonic: null });
}

// Go shows a method with more than one result as one that cannot be called.
function uncallable(results: number): Method {
  return () => new Func({ params: [], results, call: () => undefined });
}

const METHODS: readonly (readonly [string, Method])[] = [
  [
    "Format",
    (self) => func([STRING], ([layout]) => formatTime(asText(layout), calendar(momentOf(self)), momentOf(self).zone)),
  ],
  ["String", reader((moment) => toBytes(showTime(moment)))],
  ["Year", count((at) => at.year)],
  ["Month", reader((moment) => new Scalar(MONTH, BigInt(calendar(moment).month)))],
  ["Day", count((at) => at.day)],
  ["Weekday", reader((moment) => new Scalar(WEEKDAY, BigInt(calendar(moment).weekday)))],
  ["YearDay", count((at) => at.yearDay)],
  ["Hour", count((at) => at.hour)],
  ["Minute", count((at) => at.minute)],
  ["Second", count((at) => at.second)],
  ["Nanosecond", count((at) => at.nanosecond)],
  ["Unix", unix(1_000_000_000n)],
  ["UnixMilli", unix(1_000_000n)],
  ["UnixMicro", unix(1_000n)],
  ["UnixNano", unix(1n)],
  ["IsZero", reader(() => false)],
  ["UTC", reader((moment) => timeValue({ ...moment, zone: UTC }))],
  ["Local", reader((moment) => timeValue({ ...moment, zone: localZone(Number(moment.wall / 1_000_000n)) }))],
  ["After", compared((a, b) => a > b)],
  ["Before", compared((a, b) => a < b)],
  ["Equal", compared((a, b) => a === b)],
  ["Sub", (self) => func([TIME], ([other]) => new Scalar(DURATION, momentOf(self).wall - momentOf(other).wall))],
  ["Add", (self) => func([DURATION], ([span]) => moved(momentOf(self), asDuration(span)))],
  [
    "AddDate",
    (self) =>
      func([INT, INT, INT], ([years, months, days]) =>
        movedDate(momentOf(self), asInt(years), asInt(months), asInt(days)),
      ),
  ],
  ["Zone", uncallable(2)],
  ["ISOWeek", uncallable(2)],
  ["Date", uncallable(3)],
  ["Clock", uncallable(3)],
];

const TIME: Type = structOf("time.Time", [], { methods: METHODS, text: (self) => toBytes(showTime(momentOf(self))) });

/** The clock of this machine. */
export function systemInstant(): Instant {
  const since = BigInt(Math.round(performance.now() * 1_000_000));
  return { wall: BigInt(Math.round(performance.timeOrigin * 1000)) * 1000n + since, monotonic: since };
}

/** A moment as Go's time.Time, in local time. */
export function localTime(instant: Instant): Struct {
  return timeValue({ ...instant, zone: localZone(Number(instant.wall / 1_000_000n)) });
}
