import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { createNames } from "../../../src/render/functions/name-service.ts";

const never = new AbortController().signal;
let server: Socket | null = null;

afterEach(() => {
  server?.close();
  server = null;
});

function encoded(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

// The question again, and one SRV record for it.
function answerTo(query: Buffer, target: string, port: number): Buffer {
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 6);
  head.writeUInt16BE(0, 10);
  const end = query.indexOf(0, 12) + 5;
  const data = Buffer.concat([Buffer.alloc(6), encoded(target)]);
  for (const [i, number] of [10, 20, port].entries()) data.writeUInt16BE(number, 2 * i);
  const record = Buffer.from([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, data.length]);
  return Buffer.concat([head, query.subarray(12, end), record, data]);
}

async function startServer(answers: boolean): Promise<string> {
  const socket = createSocket("udp4");
  server = socket;
  socket.on("message", (query, from) => {
    if (answers) socket.send(answerTo(query, "db1.example.com", 3306), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return `127.0.0.1:${socket.address().port}`;
}

describe("the name service", () => {
  it("finds the addresses of this machine's own name", async () => {
    const found = await createNames().addresses("localhost", never);
    expect(found.some((address) => address === "127.0.0.1" || address === "::1")).toBe(true);
  });

  it("finds services, their targets ending with a dot", async () => {
    const names = createNames([await startServer(true)]);
    expect(await names.services("_sql._tcp.example.com", never)).toEqual([
      { target: "db1.example.com.", port: 3306, priority: 10, weight: 20 },
    ]);
  });

  it("stops asking when told to", async () => {
    const names = createNames([await startServer(false)]);
    const controller = new AbortController();
    const asking = names.services("_sql._tcp.example.com", controller.signal);
    controller.abort();
    await expect(asking).rejects.toThrowError(/ECANCELLED/);
  });
});
