import type { Secret } from "../../contract.ts";

/** How one registry of the configuration reaches etcd. */
export interface EtcdSettings {
  readonly hosts: readonly string[];
  readonly timeoutMs: number;
  readonly tls:
    | { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly verify: boolean }
    | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
}
