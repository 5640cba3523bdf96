import { readFileSync } from "node:fs";
import { z } from "zod";

/** TLS towards a registry; files are PEM. */
export const tlsOptions = () =>
  z
    .strictObject({
      ca: z.string().optional().describe("file with the authorities to trust; default the system's"),
      cert: z.string().optional().describe("file with our certificate; default none"),
      key: z.string().optional().describe("file with our private key; default none"),
      verify: z.boolean().default(true).describe("whether the server's certificate is verified; default true"),
    })
    .describe("TLS towards the registry");

type TlsFiles = z.output<ReturnType<typeof tlsOptions>>;

const read = <Name extends string>(name: Name, file: string | undefined): Partial<Record<Name, string>> =>
  file === undefined ? {} : ({ [name]: readFileSync(file, "utf8") } as Record<Name, string>);

/** The contents of the named files. */
export function pemOf({ ca, cert, key, verify }: TlsFiles): {
  ca?: string;
  cert?: string;
  key?: string;
  verify: boolean;
} {
  return { ...read("ca", ca), ...read("cert", cert), ...read("key", key), verify };
}
