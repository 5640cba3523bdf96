import { OwnFault } from "../../../src/index.ts";
import { oneLine } from "../reason.ts";

/** What a server answered to one command. */
export type Answer = unknown;

/** What an error reply says about the server: it cannot serve, it is full, or we asked wrongly. */
export type Meaning = "cannot serve" | "full" | "ours";

/** An error reply. */
export class Refused extends Error {
  override readonly name = "Refused";
  /** First word: LOADING, NOAUTH, ERR ... */
  readonly word: string;
  readonly meaning: Meaning;
  /** Our password is not needed: the server takes everybody. */
  readonly needless: boolean;
  constructor(text: string, meaning: Meaning, needless: boolean) {
    super(oneLine(text));
    this.word = text.split(" ", 1)[0] ?? "";
    this.meaning = meaning;
    this.needless = needless;
  }
}

const OURS = /^(NOAUTH|WRONGPASS|NOPERM|NOPROTO|ERR (invalid password|unknown (sub)?command|operation not permitted))/i;
const NEEDLESS = /^ERR (Client sent AUTH, but no password is set|AUTH .*without any password configured)/i;
const FULL = /^ERR max number of clients/i;

/** Reads an error reply by its first words. */
export const refusalOf = (text: string): Refused =>
  new Refused(text, FULL.test(text) ? "full" : OURS.test(text) ? "ours" : "cannot serve", NEEDLESS.test(text));

/** The error that tells an operator what to mend on our side. */
export function ownFault(refused: Refused, user: string, grant: string): OwnFault {
  switch (refused.word) {
    case "NOAUTH":
      return new OwnFault("the server wants a login: set password, and username where it has ACL users (NOAUTH)");
    case "NOPERM":
      return new OwnFault(`user ${user} may not ask: ACL SETUSER ${user} ${grant} (${refused.message})`);
    case "WRONGPASS":
      return new OwnFault(`the server refuses the login of user ${user} (WRONGPASS)`);
    default:
      return new OwnFault(`the server does not take our question: ${refused.message}`);
  }
}
