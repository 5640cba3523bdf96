import { secret, size, z } from "../../../src/index.ts";
import { table } from "../keys.ts";

const NAME = /^[A-Za-z_]\w*$/;

const word = () => z.string().regex(/^[^\0]*$/, "a NUL byte cannot be passed on");

/** The options of `exec`. */
export const execOptions = z
  .strictObject({
    argv: z
      .array(word(), { error: 'write a list: [/usr/local/bin/check, -H, "{host}"]; no shell reads it' })
      .min(1, "names no program")
      .refine(([program]) => program !== "", "names no program")
      .describe("program and arguments, without a shell; {name} {host} {port} are filled in; never a secret"),
    env: table((name) => NAME.test(name), "is no name of a variable", word().pipe(secret()))
      .default({})
      .describe("further variables; values are kept secret, {name} {host} {port} are filled in (default: none)"),
    cwd: z.string().min(1).optional().describe("folder the program runs in (default: that of checkd)"),
    protocol: z
      .enum(["exit", "nagios", "agent"])
      .default("exit")
      .describe("what the answer is: exit status, a Nagios plugin's, or an agent-check line (default: exit)"),
    max_output: size().default(65_536).describe("a program that prints more is killed; a size (default: 64kb)"),
    max_children: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(20)
      .describe("starts only while fewer programs than this run for all exec checks together (default: 20)"),
  })
  .describe("a program of your own, asked once a probe");

/** What `execOptions` gives. */
export type ExecOptions = z.output<typeof execOptions>;
