import { fromBytes } from "./bytes.ts";

/** Where in the template an error was found; `column` counts bytes from 0 and is null for errors found while parsing. */
export interface Place {
  readonly name: string;
  readonly line: number;
  readonly column: number | null;
}

/** The only error that parsing and executing throw: the message is Go's, the place is its file, line and column. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  readonly place: Place;

  constructor(place: Place, message: string, options?: ErrorOptions) {
    super(fromBytes(message), options);
    this.place = place;
  }
}

/** What a template function throws when its arguments are at fault; execution reports it as `error calling f: ...`. */
export class GoError extends Error {
  override readonly name = "GoError";
  /** The message as a byte string, ready to be put into a longer one. */
  readonly text: string;

  constructor(text: string) {
    super(fromBytes(text));
    this.text = text;
  }
}
