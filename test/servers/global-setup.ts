import { ensureServers } from "../../scripts/servers.mjs";
import { build } from "../../scripts/steps.mjs";

/** Makes sure, once for all files, that every server the tests start is there, and that the programs are built. */
export async function setup(): Promise<void> {
  await ensureServers();
  build();
}
