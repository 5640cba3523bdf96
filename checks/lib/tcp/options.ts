import { secret, size, z } from "../../../src/index.ts";
import { pattern } from "../pattern.ts";
import { tlsSwitch } from "../tls.ts";

const hex = () =>
  z
    .string()
    .regex(/^(?:\s*[0-9a-f]{2})+\s*$/i, "write bytes in hexadecimal, as 01 00 0e")
    .optional();
const text = () => z.string().min(1).optional();

/** The options of `tcp`. */
export const tcpOptions = z
  .strictObject({
    banner: z
      .union([z.literal(true), z.string().min(1)])
      .optional()
      .describe(
        "wait for the server's greeting before anything is sent: true, or text it holds (default: do not wait)",
      ),
    send: z
      .string()
      .min(1)
      .pipe(secret())
      .optional()
      .describe('text to send once connected, kept secret, line ends as in "PING\\r\\n" (default: nothing)'),
    send_hex: hex().describe("bytes to send, in hexadecimal (default: nothing)"),
    expect: text().describe("text that the answer holds (default: none)"),
    expect_hex: hex().describe("bytes that the answer holds, in hexadecimal (default: none)"),
    matches: pattern().optional().describe("RE2 pattern that is found in the answer (default: none)"),
    max_answer: size().default(65_536).describe("more answer than this is not read; a size (default: 64kb)"),
    tls: tlsSwitch().optional().describe("speak TLS: true, or {ca, cert, key, servername, verify} (default: no TLS)"),
  })
  .refine((o) => o.send === undefined || o.send_hex === undefined, "give either send or send_hex")
  .describe("what is said and expected on one connection");

/** What `tcpOptions` gives. */
export type TcpOptions = z.output<typeof tcpOptions>;
