import type { TargetAnswer } from "../admin/answers.ts";
import { type AdminOptions, adminClient, apiPath, targetName } from "./admin-client.ts";
import { EXIT } from "./exit.ts";
import { type Paint, paintFor } from "./table.ts";

/** What `checkd explain` was asked. */
export interface ExplainRequest extends AdminOptions {
  readonly what: string;
  readonly json: boolean;
}

/** Why a target is as it is: six lines, the chain of rules, and what would change it. */
export async function explainTarget(request: ExplainRequest): Promise<number> {
  const [pool, target] = targetName(request.what);
  const answer = await adminClient(request).get<TargetAnswer>(apiPath(pool, target));
  const paint = paintFor(process.stdout.isTTY === true, process.env);
  process.stdout.write(request.json ? `${JSON.stringify(answer.explain)}\n` : explainText(answer, paint));
  return EXIT.ok;
}

/** The explanation for people. */
export function explainText({ target, verdict, explain }: TargetAnswer, paint: Paint): string {
  const steps = verdict?.chain ?? [];
  const width = Math.max(...explain.lines.map(({ about }) => about.length), ...steps.map(({ rule }) => rule.length));
  const colour = verdict === null ? "soft" : target.serves ? "good" : "bad";
  const lines = explain.lines.map(({ about, text }) => `  ${paint(about.padEnd(width), "dim")}  ${text}`);
  const chain = steps.map(({ rule, state, weight, note }) => {
    const told = state === "up" ? `up ${weight}%` : "down";
    return `  ${paint(rule.padEnd(width), "dim")}  ${told.padEnd(7)}  ${note}`;
  });
  return [
    `${paint(target.id, colour)} ${paint(`(${target.address})`, "dim")}`,
    ...lines,
    ...(chain.length === 0 ? [] : ["", "the chain:", ...chain]),
    ...(explain.would.length < 2 ? [] : ["", "what else would change it:"]),
    ...explain.would.slice(1).map((each) => `  ${each}`),
    "",
  ].join("\n");
}
