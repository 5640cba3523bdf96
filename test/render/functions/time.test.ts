import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { confdFunctions } from "../../../src/render/functions/confd.ts";
import { showDuration } from "../../../src/render/functions/time/duration.ts";
import { readZoneFile } from "../../../src/render/functions/time/zone-file.ts";
import { fromBytes } from "../../../src/render/gotemplate/bytes.ts";
import { parse } from "../../../src/render/gotemplate/template.ts";
import { Keys } from "../../../src/render/keys.ts";
import { lookupsOf } from "./rendering.ts";

const SUMMER = 1_721_047_500_123_456_789n; // 2024-07-15 12:45:00.123456789 UTC
const WINTER = 1_735_603_445_000_000_000n; // 2024-12-31 00:04:05 UTC

function rendered(template: string, wall = SUMMER): string {
  const now = () => ({ wall, monotonic: 6_752_326n });
  const functions = confdFunctions({ keys: new Keys(), env: {}, lookups: lookupsOf(), now });
  return parse("t", template, { functions }).execute(undefined).toString();
}

let before: string | undefined;

beforeEach(() => {
  before = process.env.TZ;
});

afterEach(() => {
  if (before === undefined) delete process.env.TZ;
  else process.env.TZ = before;
});

describe("datetime in UTC", () => {
  beforeEach(() => {
    process.env.TZ = "UTC";
  });

  it.each([
    ["{{datetime}}", "2024-07-15 12:45:00.123456789 +0000 UTC m=+0.006752326"],
    ['{{datetime.Format "2006-01-02"}}', "2024-07-15"],
    ['{{datetime.Format "Mon Jan _2 15:04:05 2006"}}', "Mon Jul 15 12:45:00 2024"],
    [
      '{{datetime.Format "Monday, January 2 3:04:05.000 PM 06 (MST) pm"}}',
      "Monday, July 15 12:45:00.123 PM 24 (UTC) pm",
    ],
    [
      '{{datetime.Format "2006-01-02T15:04:05.999999999Z07:00 -0700 -07 002 __2"}}',
      "2024-07-15T12:45:00.123456789Z +0000 +00 197 197",
    ],
    ['{{datetime.Format "1 01 3 03 4 04 5 05 .00 ,999 20060102"}}', "7 07 12 12 45 45 0 00 .12 ,123 20240715"],
    [
      "{{datetime.Year}} {{datetime.Month}} {{datetime.Day}} {{datetime.Weekday}} {{datetime.YearDay}}",
      "2024 July 15 Monday 197",
    ],
    ["{{datetime.Hour}}:{{datetime.Minute}}:{{datetime.Second}} {{datetime.Nanosecond}}", "12:45:0 123456789"],
    ["{{datetime.Unix}} {{datetime.UnixMilli}} {{datetime.UnixNano}}", "1721047500 1721047500123 1721047500123456789"],
    ['{{printf "%d %T %T %T" datetime.Month datetime.Month datetime datetime.Unix}}', "7 time.Month time.Time int64"],
    ['{{$t := datetime.AddDate 0 7 17}}{{$t.Format "2006-01-02"}}', "2025-03-04"],
    ["{{($t := datetime.Add 3600000000000)}}", "2024-07-15 13:45:00.123456789 +0000 UTC m=+3600.006752326"],
    [
      "{{$t := datetime}}{{($t.Add 1500000000).Sub $t}} {{($t.Add 1).After $t}} {{$t.Before $t}} {{$t.Equal $t}}",
      "1.5s true false true",
    ],
    ["{{$t := datetime}}{{if $t}}set{{end}} {{$t.IsZero}} {{$t.UTC.Hour}}", "set false 12"],
  ])("%s", (template, expected) => {
    expect(rendered(template)).toBe(expected);
  });

  it.each([
    ["{{datetime.Nope}}", "can't evaluate field Nope in type time.Time"],
    ["{{datetime.Date}}", `can't call method/function "Date" with 3 results`],
    ["{{datetime.Format}}", "wrong number of args for Format: want 1 got 0"],
    ["{{datetime 1}}", "wrong number of args for datetime: want 0 got 1"],
  ])("%s fails", (template, message) => {
    expect(() => rendered(template)).toThrowError(message);
  });
});

describe("datetime in other zones", () => {
  it.each([
    ["Europe/Berlin", "2024-07-15 14:45 +0200 CEST +02:00"],
    ["America/New_York", "2024-07-15 08:45 -0400 EDT -04:00"],
    ["America/Sao_Paulo", "2024-07-15 09:45 -0300 -03 -03:00"],
    ["Asia/Kolkata", "2024-07-15 18:15 +0530 IST +05:30"],
  ])("%s", (zone, expected) => {
    process.env.TZ = zone;
    expect(rendered('{{datetime.Format "2006-01-02 15:04 -0700 MST Z07:00"}}')).toBe(expected);
  });

  it("tells summer from winter", () => {
    process.env.TZ = "Europe/London";
    expect(rendered('{{datetime.Format "15:04 MST"}}')).toBe("13:45 BST");
    expect(rendered('{{datetime.Format "15:04 MST"}}', WINTER)).toBe("00:04 GMT");
  });
});

// A file of the zone database: what holds from 1970 and from 2024 on, and a rule for what comes after the last entry.
function zoneFile(footer: string): Buffer {
  const header = (times: number, types: number, names: number): Buffer => {
    const bytes = Buffer.alloc(44);
    bytes.write("TZif2", "latin1");
    for (const [i, count] of [0, 0, 0, times, types, names].entries()) bytes.writeUInt32BE(count, 20 + 4 * i);
    return bytes;
  };
  const body = Buffer.alloc(2 * 8 + 2 + 2 * 6);
  body.writeBigInt64BE(0n, 0);
  body.writeBigInt64BE(1_720_000_000n, 8);
  body.writeUInt8(1, 17);
  body.writeInt32BE(28_800, 18);
  body.writeInt32BE(32_400, 24);
  body.writeUInt8(4, 29);
  const old = Buffer.concat([header(0, 1, 1), Buffer.alloc(7)]);
  return Buffer.concat([old, header(2, 2, 8), body, Buffer.from(`CST\0CDT\0\n${footer}\n`)]);
}

describe("the file of a zone", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "checkd-zone-"));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([
    ["", 1_000_000_000, 28_800, "CST"],
    ["", 1_720_000_001, 32_400, "CDT"],
    ["CST-8", 1_800_000_000, 28_800, "CST"],
    ["EST5EDT,M3.2.0,M11.1.0", 1_800_000_000, -18_000, "EST"],
    ["EST5EDT,M3.2.0,M11.1.0", 1_800_000_000, -14_400, "EDT"],
    ["<+0330>-3:30", 1_800_000_000, 12_600, "+0330"],
    ["", 1_000_000_000, 3600, null],
  ])("with the rule %j, at %d and %d seconds east, names %s", (footer, seconds, offset, name) => {
    const path = join(folder, "zone");
    writeFileSync(path, zoneFile(footer));
    expect(readZoneFile(path)?.nameAt(seconds, offset)).toBe(name);
  });

  it("is done without where there is none, or it is something else", () => {
    writeFileSync(join(folder, "other"), "not a zone");
    expect(readZoneFile(join(folder, "other"))).toBeNull();
    expect(readZoneFile(join(folder, "missing"))).toBeNull();
    expect(readZoneFile("No/Where")).toBeNull();
  });
});

describe("spans of time", () => {
  it.each([
    [0n, "0s"],
    [1n, "1ns"],
    [1500n, "1.5µs"],
    [2_000_000n, "2ms"],
    [1_500_000_000n, "1.5s"],
    [-90_000_000_000n, "-1m30s"],
    [3_600_000_000_000n, "1h0m0s"],
    [93_784_005_000_000n, "26h3m4.005s"],
  ])("%s ns is %s", (nanoseconds, expected) => {
    expect(fromBytes(showDuration(nanoseconds))).toBe(expected);
  });
});
