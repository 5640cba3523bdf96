import { z } from "zod";
import { duration } from "../../config/options.ts";
import { slotNames } from "../../haproxy/reconcile.ts";

/** Options of the runtime outlet. */
export const runtimeOptions = z
  .strictObject({
    sockets: z
      .union([
        z
          .string()
          .min(1)
          .transform((one) => [one]),
        z.array(z.string().min(1)).min(1),
      ])
      .describe(
        "runtime sockets of level admin, of every HAProxy and every process: a path, `host:port`, or `@1 path` for the worker behind a master socket; required",
      ),
    backend: z.string().default("{pool}").describe("name of the backend; default `{pool}`"),
    server: z
      .string()
      .default("{name}")
      .describe("name of a target's server, where there are no slots; default `{name}`"),
    slots: z
      .union([
        z.string().regex(/^\S*\d+\.\.\d+$/, "write web1..20, or a list of names"),
        z.array(z.string().min(1)).min(1),
      ])
      .transform((written) => slotNames(written))
      .refine((names) => names.length > 0, "has no slot: the first number is larger than the second")
      .optional()
      .describe(
        "servers that checkd owns, `web1..20` for `server-template web 1-20`, or their names; default none: only downs are pushed",
      ),
    drain_for: duration()
      .prefault("30s")
      .describe("longest time that a leaving target may finish its sessions; default 30s"),
    state_file: z
      .union([
        z
          .string()
          .min(1)
          .transform((one) => [one]),
        z.array(z.string().min(1)).min(1),
      ])
      .optional()
      .describe(
        "file kept equal to `show servers state` of the first socket, for `server-state-file`; a list: of each socket in its order; default none",
      ),
    timeout: duration().prefault("1s").describe("longest wait for an answer of a socket; default 1s"),
    watch: duration()
      .prefault("200ms")
      .describe("how often a socket is asked whether HAProxy was reloaded; default 200ms"),
    on_exit: z
      .enum(["keep", "remove"])
      .default("keep")
      .describe(
        "keep: HAProxy stays as it is when checkd ends; remove: every slot is emptied; default the pool's, keep",
      ),
  })
  .refine(({ sockets, state_file }) => (state_file?.length ?? 0) <= sockets.length, {
    path: ["state_file"],
    message: "has more files than there are sockets",
  });

/** Parsed options of the runtime outlet. */
export type RuntimeOptions = z.output<typeof runtimeOptions>;
