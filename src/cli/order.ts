import { userInfo } from "node:os";
import type { OrderedAnswer } from "../admin/order-answers.ts";
import { type AdminOptions, adminClient, apiPath, targetName } from "./admin-client.ts";
import { EXIT } from "./exit.ts";

/** What `checkd drain`, `maint` or `ready` was asked. */
export interface OrderRequest extends AdminOptions {
  readonly order: "drain" | "maint" | "ready";
  readonly what: string;
  readonly reason: string | undefined;
  readonly owner: string | undefined;
  /** How long, as `30m`. */
  readonly for?: string | undefined;
  readonly force?: boolean | undefined;
}

/** Orders a target out, or ends the order. */
export async function order(request: OrderRequest): Promise<number> {
  const [pool, target] = targetName(request.what);
  const client = adminClient(request);
  const owner = request.owner ?? whoAmI();
  const path = `${apiPath(pool, target)}/override`;
  if (request.order === "ready") {
    const { reason } = request;
    const query = new URLSearchParams({ owner, ...(reason === undefined ? {} : { reason }) });
    const ended = await client.remove<OrderedAnswer>(`${path}?${query}`);
    process.stdout.write(`${ended.target}: no order stands; ${ended.consequences.text}\n`);
    return EXIT.ok;
  }
  const given = await client.post<OrderedAnswer>(path, {
    ...{ order: request.order, owner, reason: request.reason ?? "" },
    ...(request.for === undefined ? {} : { for: request.for }),
    ...(request.force === true ? { force: true } : {}),
  });
  process.stdout.write(`${orderText(given)}\n`);
  return EXIT.ok;
}

/** What an order came to, for people. */
export function orderText({ target, order, consequences }: OrderedAnswer): string {
  const until = order?.until == null ? "until checkd ready ends it" : `until ${order.until.replace(/\.\d+Z$/, "Z")}`;
  return `${target}: ${order?.order ?? "no order"} by ${order?.owner ?? "nobody"} ${until}; ${consequences.text}`;
}

/** The person behind sudo, else the user of this process. */
function whoAmI(): string {
  if (process.env.SUDO_USER !== undefined && process.env.SUDO_USER !== "") return process.env.SUDO_USER;
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "somebody"); // a user without a name, as in a container
  }
}
