import { ensureServers } from "../../scripts/servers.mjs";
import { build } from "../../scripts/steps.mjs";

/** Makes sure that every server the tests start is there and says what is missing otherwise; builds what end-to-end tests run. */
export async function setup(): Promise<void> {
  await ensureServers();
  build();
}
