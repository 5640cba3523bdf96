import type { Socket } from "node:net";
import type { Redis } from "ioredis";
import { asAnswer, type Library } from "./library.ts";
import { type Answer, Refused } from "./refusal.ts";

/**
 * Commands that go out in one write and are answered together, made once for a connection and sent again and again: it
 * is what a kept check consists of, and new commands, each with promises of its own, cost as much as the rest of it.
 */
export class Volley {
  readonly #commands: readonly InstanceType<Library["Asked"]>[];
  #answers: Answer[] = [];
  #missing = 0;
  #resolve: (answers: Answer[]) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor({ Asked }: Library, commands: readonly (readonly string[])[]) {
    this.#commands = commands.map(
      (words, at) =>
        new Asked(words, {
          answered: (answer) => this.#take(at, answer),
          failed: (error) => this.#fail(at, error),
        }),
    );
  }

  /** It waits for answers: until then it must not be sent again. */
  get busy(): boolean {
    return this.#missing > 0;
  }

  /** Sends all commands; an error reply is an answer, the end of the connection an error. */
  send(redis: Redis, socket: Socket): Promise<Answer[]> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#answers = [];
      this.#missing = this.#commands.length;
      let text = "";
      const write = (part: string | Buffer): void => {
        text += part;
      };
      // The library is given a pipeline of its own kind, without what its pipelines cost.
      const pipeline = { isPipeline: true as const, write, destination: { redis: { stream: socket } } };
      for (const command of this.#commands) {
        command.isSettled = false; // else a second time limit would not count
        void redis.sendCommand(command, pipeline);
      }
      if (text !== "") socket.write(text);
    });
  }

  #take(at: number, answer: Answer): void {
    this.#answers[at] = answer;
    this.#missing -= 1;
    if (this.#missing === 0) this.#resolve(this.#answers);
  }

  #fail(at: number, error: unknown): void {
    const reply = asAnswer(error);
    if (reply !== null) {
      this.#take(at, reply);
      return;
    }
    this.#missing = 0;
    // A server that turns us away answers the first command only, and closes.
    const [first] = this.#answers;
    this.#reject(first instanceof Refused ? first : error);
  }
}
