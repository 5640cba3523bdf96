/** What an agent-check line says, by the words HAProxy knows (its configuration manual, "agent-check"). */
export interface AgentLine {
  readonly health: "up" | "down" | null;
  readonly admin: "ready" | "drain" | "maint" | null;
  /** Percent, 0 to 100. */
  readonly weight: number | null;
  readonly maxconn: number | null;
  readonly text: string;
  /** The first word that is none of HAProxy's. */
  readonly unknown: string | null;
}

const HEALTH: Readonly<Record<string, "up" | "down">> = { up: "up", down: "down", stopped: "down", fail: "down" };
const ADMIN: Readonly<Record<string, "ready" | "drain" | "maint">> = { ready: "ready", drain: "drain", maint: "maint" };
const PERCENT = /^(?:weight:)?(\d+)%$/;
const MAXCONN = /^maxconn:(\d+)$/;

/** Reads the first line as HAProxy does: the last word of a class counts, `#` begins the text. */
export function parseAgentLine(output: string): AgentLine {
  const [line = ""] = output.split(/[\r\n]/, 1);
  const [, words = "", text = ""] = /^((?:(?![ \t,]#|^#).)*)(?:[ \t,]?#(.*))?$/s.exec(line) ?? [];
  let said: AgentLine = { health: null, admin: null, weight: null, maxconn: null, text: text.trim(), unknown: null };
  for (const word of words.split(/[ \t,]+/).filter((each) => each !== "")) said = { ...said, ...meaning(word, said) };
  return said;
}

function meaning(given: string, said: AgentLine): Partial<AgentLine> {
  const word = given.toLowerCase();
  const health = HEALTH[word];
  if (health !== undefined) return { health };
  const admin = ADMIN[word];
  if (admin !== undefined) return { admin };
  const [, percent] = PERCENT.exec(word) ?? [];
  if (percent !== undefined) return { weight: Math.min(100, Number(percent)) };
  const [, maxconn] = MAXCONN.exec(word) ?? [];
  if (maxconn !== undefined) return { maxconn: Number(maxconn) };
  return { unknown: said.unknown ?? given };
}

/** Whether a line says anything that counts. */
export const saysNothing = (line: AgentLine): boolean =>
  line.health === null && line.admin === null && line.weight === null && line.maxconn === null;
