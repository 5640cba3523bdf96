import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import { OwnFault, type Secret, secret, z } from "../../src/index.ts";

const FILE_OR_PEM = "path of a PEM file, or its text; a changed file is read again";

/** The options of TLS towards a server, for checkers and sources. */
export const tlsSchema = () =>
  z
    .strictObject({
      ca: z
        .string()
        .min(1)
        .optional()
        .describe(`authorities to trust: ${FILE_OR_PEM} (default: those built into Node)`),
      cert: z.string().min(1).optional().describe(`our certificate, with \`key\`: ${FILE_OR_PEM} (default: none)`),
      key: secret().optional().describe(`private key of \`cert\`: ${FILE_OR_PEM} (default: none)`),
      servername: z
        .string()
        .min(1)
        .optional()
        .describe("name asked for (SNI) and expected in the certificate (default: the host's name)"),
      verify: z
        .boolean()
        .default(true)
        .describe("whether chain and name of the certificate are verified (default: true)"),
    })
    .refine((o) => (o.cert === undefined) === (o.key === undefined), "cert and key are given together");

/** `true` for TLS with its defaults, or the options of TLS. */
export const tlsSwitch = () => z.union([z.literal(true).transform(() => tlsSchema().parse({})), tlsSchema()]);

/** What `tlsSchema` gives. */
export type TlsOptions = z.output<ReturnType<typeof tlsSchema>>;

type Material = Pick<ConnectionOptions, "ca" | "cert" | "key">;

/** Connection options of a TLS client that expects a name; files are read on first use and when they change. */
export function tlsClient(options: TlsOptions): (name: string) => ConnectionOptions {
  const ca = pem("ca", options.ca);
  const cert = pem("cert", options.cert);
  const key = pem("key", options.key);
  return (name) => {
    const servername = options.servername ?? name;
    const material: Material = { ...part("ca", ca()), ...part("cert", cert()), ...part("key", key()) };
    // SNI carries names only (RFC 6066, 3); an address is compared with the certificate's IP entries.
    const named: ConnectionOptions =
      isIP(servername) === 0
        ? { servername }
        : { checkServerIdentity: (_host, certificate) => checkServerIdentity(servername, certificate) };
    return { ...material, ...named, rejectUnauthorized: options.verify };
  };
}

const part = (name: keyof Material, text: string | null): Material => (text === null ? {} : { [name]: text });

function pem(name: string, given: string | Secret | undefined): () => string | null {
  let stamp = "";
  let text = "";
  return () => {
    if (given === undefined) return null;
    const value = typeof given === "string" ? given : given.reveal();
    if (value.includes("-----BEGIN")) return value;
    try {
      const { mtimeMs, size, ino } = statSync(value);
      const now = `${mtimeMs}/${size}/${ino}`;
      if (now !== stamp) text = readFileSync(value, "utf8");
      stamp = now;
    } catch (error) {
      // The path of a key may be a secret that is no path at all: it is not repeated.
      throw new OwnFault(`tls.${name} cannot be read`, { cause: new Error(codeWords(error)) });
    }
    return text;
  };
}

const codeWords = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "unreadable";
