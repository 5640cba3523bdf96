import { createReadStream } from "node:fs";
import { loadSettings } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { formatDuration } from "../core/duration.ts";
import { describeError } from "../errors.ts";
import type { RecordLine } from "../record/line.ts";
import { OutageBook, type TargetOutages } from "../record/outages.ts";
import { type OtherSettings, Replay, type Replayed } from "../record/replay.ts";
import { EXIT, Exit } from "./exit.ts";
import { plugins } from "./plugins.ts";

/** What `checkd replay` was asked. */
export interface ReplayRequest {
  readonly files: readonly string[];
  readonly conf: string | undefined;
  readonly json: boolean;
}

async function othersOf(conf: string | undefined): Promise<ReadonlyMap<string, OtherSettings> | null> {
  if (conf === undefined) return null;
  const loaded = await loadSettings(conf, plugins, process.env);
  if ("problems" in loaded) throw new Exit(EXIT.usage, loaded.problems.map(formatProblem).join("\n"));
  return new Map(
    loaded.settings.pools.map(({ name, policy, checks }) => [
      name,
      { policy, checks: checks.map((check) => check.policy) },
    ]),
  );
}

/** Complete lines of a file, by the hundred: an event a line would cost more than the line itself. */
async function* linesOf(file: string): AsyncGenerator<readonly string[]> {
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "utf8", highWaterMark: 1 << 20 })) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield lines;
  }
  // A last line without its end was being written when the record stopped.
}

async function feed(file: string, replay: Replay, seen: (line: RecordLine) => void): Promise<void> {
  let number = 0;
  try {
    for await (const lines of linesOf(file)) {
      for (const text of lines) {
        number += 1;
        if (text === "") continue;
        const line = JSON.parse(text) as RecordLine;
        seen(line);
        replay.take(line);
      }
    }
  } catch (error) {
    throw new Exit(
      EXIT.usage,
      `${file}${number === 0 ? "" : `:${number}`}: ${describeError(error)} (a record is what \`record:\` of checkd.yaml writes)`,
    );
  }
}

const time = (at: number): string => new Date(at).toISOString();
const words = ({ verdict }: Replayed): string => {
  if (verdict === null) return "left";
  const weight = verdict.state === "up" && verdict.weight < 100 ? ` ${verdict.weight}%` : "";
  return `${verdict.state}${weight}${verdict.order === null ? "" : ` (${verdict.order})`}: ${verdict.reason}`;
};

function printTable(
  rows: readonly TargetOutages[],
  before: ReadonlyMap<string, TargetOutages>,
  compare: boolean,
): void {
  const width = Math.max(6, ...rows.map(({ id }) => id.length));
  process.stdout.write(
    `\n${"target".padEnd(width)}  out for     times${compare ? "  it was      difference" : ""}  why (last)\n`,
  );
  for (const { id, outMs, outages } of rows) {
    const was = before.get(id)?.outMs ?? 0;
    const difference = outMs - was;
    const compared = compare
      ? `  ${formatDuration(was).padEnd(10)}  ${`${difference < 0 ? "-" : "+"}${formatDuration(Math.abs(difference))}`.padEnd(10)}`
      : "";
    process.stdout.write(
      `${id.padEnd(width)}  ${formatDuration(outMs).padEnd(10)}  ${String(outages.length).padEnd(5)}${compared}  ${outages.at(-1)?.why ?? "-"}\n`,
    );
  }
}

/** Runs records through the same rules, with other settings where given; prints who would have been out, when, why. */
export async function replay({ files, conf, json }: ReplayRequest): Promise<number> {
  const others = await othersOf(conf);
  const [ours, theirs] = [new OutageBook(), new OutageBook()];
  const timeline: Replayed[] = [];
  const happened: Replayed[] = [];
  let endAt = 0;
  const run = new Replay(others, {
    replayed(change) {
      ours.note(change);
      timeline.push(change);
    },
    happened(change) {
      theirs.note(change);
      happened.push(change);
    },
  });
  for (const file of files) {
    await feed(file, run, (line) => {
      if ("input" in line && line.input.at > endAt) endAt = line.input.at;
    });
  }
  if (run.inputs === 0) throw new Exit(EXIT.usage, `${files.join(", ")}: there is nothing to replay`);
  const rows = ours.table(endAt);
  const before = new Map(theirs.table(endAt).map((row) => [row.id, row]));
  if (json)
    process.stdout.write(
      `${JSON.stringify({ inputs: run.inputs, endAt, timeline, happened, targets: rows, before: [...before.values()] })}\n`,
    );
  else {
    for (const change of timeline)
      process.stdout.write(`${time(change.at)}  ${change.pool}/${change.target}  ${words(change)}\n`);
    printTable(rows, before, conf !== undefined);
  }
  return EXIT.ok;
}
