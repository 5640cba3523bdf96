import type { BranchNode } from "../syntax/node.ts";
import { Struct, type Value } from "../value.ts";
import type { CompileEnv, Signal, Statement } from "./compile.ts";
import type { State } from "./state.ts";
import { inputsOf } from "./survey.ts";

interface Turn {
  readonly signal: Signal;
  readonly output: Buffer;
  readonly noted: readonly string[];
}

/** What the turns of one loop wrote in the last execution that went well, by what went into them. */
export class Turns {
  #kept: ReadonlyMap<string, Turn> = new Map();
  #made = new Map<string, Turn>();

  find(input: string): Turn | undefined {
    return this.#kept.get(input);
  }

  keep(input: string, turn: Turn): void {
    this.#made.set(input, turn);
  }

  /** Forgets what the execution did not come by; all that is new when it failed. */
  settle(wentWell: boolean): void {
    if (wentWell) this.#kept = this.#made;
    this.#made = new Map();
  }
}

/** The body of a loop, or what it wrote last time where that would come out again. */
export function compileTurn(env: CompileEnv, loop: BranchNode, body: Statement): Statement {
  const turns = new Turns();
  env.turns.push(turns);
  let names: readonly string[] | null | undefined;
  return (state, dot) => {
    const { reads } = state;
    if (reads === null) return body(state, dot);
    if (names === undefined) names = inputsOf(env, loop);
    const input = names === null ? null : inputOf(state, dot, names);
    if (input === null) return body(state, dot);
    const known = turns.find(input);
    const turn = known !== undefined && reads.same(known.noted) ? state.again(known) : run(state, dot, body, reads);
    turns.keep(input, turn);
    return turn.signal;
  };
}

function run(state: State, dot: Value, body: Statement, reads: NonNullable<State["reads"]>): Turn {
  const start = state.out.length;
  reads.begin();
  const signal = body(state, dot);
  return { signal, output: state.out.since(start), noted: reads.end() };
}

function inputOf(state: State, dot: Value, names: readonly string[]): string | null {
  let all = textOf(dot);
  for (const name of names) {
    const text = textOf(state.peek(name));
    if (all === null || text === null) return null;
    all += text;
  }
  return all;
}

/** The same exactly for the same values; null for what may be changed in place or is large. */
function textOf(value: Value): string | null {
  switch (typeof value) {
    case "string":
      return `s${value.length}:${value}`;
    case "number":
      return `f${Object.is(value, -0) ? "-0" : value},`;
    case "bigint":
      return `i${value},`;
    case "boolean":
    case "undefined":
      return `${value},`;
    default:
      return value instanceof Struct ? textOfStruct(value) : null;
  }
}

function textOfStruct({ type, fields, inner }: Struct): string | null {
  if (inner !== null || type.methods.size > 0) return null;
  let all = `{${type.name} `;
  for (const field of fields) {
    const text = textOf(field);
    if (text === null) return null;
    all += text;
  }
  return `${all}}`;
}
