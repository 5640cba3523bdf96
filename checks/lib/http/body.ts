/** A body as it grows, up to a limit; what goes beyond is dropped. */
export interface Body {
  /** False when the limit is reached: nothing more is wanted. */
  add(chunk: Buffer): boolean;
  /** What came, as one piece. */
  bytes(): Buffer;
}

/** An empty body. */
export function growingBody(limit: number): Body {
  let room: Buffer = Buffer.alloc(0);
  let length = 0;
  return {
    add(chunk) {
      const taken = chunk.subarray(0, limit - length);
      if (length === 0) room = taken;
      else {
        if (length + taken.length > room.length) {
          const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(2 * room.length, length + taken.length)));
          room.copy(larger, 0, 0, length);
          room = larger;
        }
        taken.copy(room, length);
      }
      length += taken.length;
      return taken.length === chunk.length;
    },
    bytes: () => room.subarray(0, length),
  };
}

const CHARSET = /charset\s*=\s*"?([\w.:-]+)/i;

/** The text of a body in the character set its type names; UTF-8 when it names none that is known. */
export function textOf(body: Buffer, contentType: string | undefined): string {
  const [, charset = "utf-8"] = CHARSET.exec(contentType ?? "") ?? [];
  if (/^utf-?8$/i.test(charset)) return body.toString();
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return body.toString();
  }
}
