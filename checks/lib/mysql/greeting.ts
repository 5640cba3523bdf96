import type { Socket } from "node:net";

const HEADER = 4;
/** No greeting is nearly as long; other protocols' first bytes read as lengths of megabytes, which would be waited for. */
const LONGEST = 4096;
/** Protocol version of a greeting, and the mark of a refusal. */
const FIRST_BYTES: readonly number[] = [9, 10, 0xff];

/** Whether these are the first bytes of a MySQL server; null: too few to tell. */
export function isGreeting(bytes: Buffer): boolean | null {
  if (bytes.length <= HEADER) return null;
  const [sequence, first] = [bytes[HEADER - 1], bytes[HEADER] ?? 0];
  return bytes.readUIntLE(0, 3) <= LONGEST && sequence === 0 && FIRST_BYTES.includes(first);
}

/** Destroys a socket whose other end does not begin as a MySQL server does. */
export function expectGreeting(socket: Socket): void {
  let bytes = Buffer.alloc(0);
  const look = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk.subarray(0, HEADER + 1)]);
    const is = isGreeting(bytes);
    if (is === null) return;
    socket.off("data", look);
    if (!is) socket.destroy(new Error("the answer is not of MySQL's protocol"));
  };
  socket.on("data", look);
}
