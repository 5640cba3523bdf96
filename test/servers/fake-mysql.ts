// A scripted server that speaks MySQL's protocol: for versions and refusals that no package here can show.
import { createServer, type Socket } from "node:net";
import { createConnection } from "mysql2";
import type { SqlRow } from "./mariadb.ts";

/** One step of the script. */
export type FakeAnswer =
  | readonly SqlRow[]
  | { readonly errno: number; readonly message: string }
  /** Never answers. */
  | "silence"
  /** Closes the connection. */
  | "hang up";

/** What the server does. */
export interface FakeScript {
  /** Also answered to `SELECT @@version`. */
  readonly version: string;
  answer(sql: string): FakeAnswer;
  /** Sent in place of a greeting, as a server does that does not want this host. */
  readonly turnAway?: { readonly errno: number; readonly message: string };
  /** Refuses the login. */
  readonly refuseLogin?: { readonly errno: number; readonly message: string };
}

/** A running one. */
export interface FakeMysql {
  readonly host: string;
  readonly port: number;
  /** Statements that came, in order. */
  readonly asked: readonly string[];
  /** Connections made so far, and open now. */
  connections(): { readonly made: number; readonly open: number };
  /** What it does from now on, for new connections and questions. */
  play(script: FakeScript): void;
  /** Closes all connections as a restart does. */
  hangUp(): void;
  stop(): Promise<void>;
}

// 41 protocol, secure connection, plugin login, transactions: what every version since 5.6 offers.
const CAPABILITIES = 0x0008_a200 | 0x0000_0008;

const errorPacket = ({ errno, message }: { readonly errno: number; readonly message: string }): Buffer => {
  const body = Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(message)]);
  return Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body]);
};

const column = (name: string) => ({
  catalog: "def",
  schema: "",
  table: "",
  orgTable: "",
  name,
  orgName: name,
  characterSet: 33,
  columnLength: 1024,
  columnType: 253,
  flags: 0,
  decimals: 0,
});

function converse(socket: Socket, script: () => FakeScript, asked: string[]): void {
  const { version, refuseLogin } = script();
  const connection = createConnection({ stream: socket, isServer: true });
  connection.on("error", () => socket.destroy());
  connection.serverHandshake({
    protocolVersion: 10,
    serverVersion: version,
    connectionId: 1,
    statusFlags: 2,
    characterSet: 33,
    capabilityFlags: CAPABILITIES,
    authCallback: (_login: unknown, done: (error: null, refused?: { code: number; message: string }) => void) => {
      if (refuseLogin === undefined) done(null);
      else done(null, { code: refuseLogin.errno, message: refuseLogin.message });
      // The library counts on from the login; clients begin each command with 0.
      connection.sequenceId = 0;
    },
  });
  connection.on("query", (sql: string) => {
    asked.push(sql);
    const answer = script().answer(sql);
    if (answer === "silence") return;
    if (answer === "hang up") {
      socket.destroy();
      return;
    }
    if ("errno" in answer) connection.writeError({ code: answer.errno, message: answer.message });
    else connection.writeTextResult([...answer], Object.keys(answer[0] ?? { nothing: null }).map(column));
    connection.sequenceId = 0;
  });
}

/** Starts a server that plays a script. */
export async function startFakeMysql(first: FakeScript): Promise<FakeMysql> {
  let script = first;
  let made = 0;
  const asked: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    made += 1;
    open.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.once("close", () => open.delete(socket));
    if (script.turnAway === undefined) converse(socket, () => script, asked);
    else socket.end(errorPacket(script.turnAway));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const hangUp = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    host: "127.0.0.1",
    port: address.port,
    asked,
    connections: () => ({ made, open: open.size }),
    play: (next) => {
      script = next;
    },
    hangUp,
    stop: async () => {
      hangUp();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
