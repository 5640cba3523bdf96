import { ensureServers } from "../../scripts/servers.mjs";

/** Makes sure that everything the tests start is there, and says what is missing otherwise. */
export async function setup(): Promise<void> {
  await ensureServers();
}
