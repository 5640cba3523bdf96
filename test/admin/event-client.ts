import { connect, type Socket } from "node:net";
import { until } from "../servers/process.ts";

/** One event as it came. */
export interface Heard {
  readonly id: number | null;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A client of /api/events over a bare socket, so that a test may stop reading. */
export class EventClient {
  readonly socket: Socket;
  #text = "";
  closed = false;

  constructor(port: number, path = "/api/events", headers: Readonly<Record<string, string>> = {}) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket = connect(port, "127.0.0.1", () =>
      this.socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${lines.join("")}\r\n`),
    );
    this.socket.on("data", (chunk) => {
      this.#text += chunk.toString();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.closed = true;
    });
  }

  /** All events so far; the framing of chunks lies between them and is left out. */
  get events(): readonly Heard[] {
    const body = this.#text.replace(/\r\n[0-9a-f]+\r\n/g, "").replaceAll("\r\n", "");
    return [...body.matchAll(/(?:id: (\d+)\n)?event: (\w+)\ndata: (.*)\n\n/g)].map(([, id, name = "", data = ""]) => ({
      id: id === undefined ? null : Number(id),
      name,
      data: JSON.parse(data) as Heard["data"],
    }));
  }

  get text(): string {
    return this.#text;
  }

  /** Waits until an event of that name came. */
  hear(name: string, such: (event: Heard) => boolean = () => true): Promise<Heard> {
    return until(`the event ${name}`, () => this.events.find((event) => event.name === name && such(event)) ?? false);
  }

  end(): void {
    this.socket.destroy();
  }
}
