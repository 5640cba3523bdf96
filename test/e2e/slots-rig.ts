import { afterEach } from "vitest";
import { HAPROXY_DEFAULTS, type Haproxy, type HaproxyVersion, startHaproxy } from "../servers/haproxy.ts";
import { freePort } from "../servers/process.ts";

/** Things to stop after the test, the last one first. */
export const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Stops it after the test. */
export function keep<T extends { stop(): Promise<unknown> }>(running: T): T {
  stops.push(() => running.stop());
  return running;
}

/** An HTTP front with one backend `web` of slots. */
export interface SlotHaproxy extends Haproxy {
  readonly front: number;
  /** Addresses of the slots that take traffic, in order of the slots. */
  serving(): Promise<string[]>;
}

/** How the slots look in haproxy.cfg. */
export interface SlotHaproxyOptions {
  readonly version?: HaproxyVersion;
  readonly slots: number;
  /** Lines of the global section. */
  readonly global?: string;
  /** Words of the server-template line. */
  readonly words?: string;
}

/** Starts HAProxy with slots `web1..N`. */
export async function startSlotHaproxy({
  version = "2.6",
  slots,
  global = "",
  words = "check inter 2000",
}: SlotHaproxyOptions) {
  const front = await freePort();
  const config = `  ${global}
${HAPROXY_DEFAULTS.replace("mode tcp", "mode http")}
  timeout queue 1s
  load-server-state-from-file global
frontend public
  bind 127.0.0.1:${front}
  default_backend web
backend web
  balance roundrobin
  server-template web 1-${slots} localhost:1 weight 100 ${words} disabled
`;
  const haproxy = keep(await startHaproxy({ version, config }));
  const serving = async (): Promise<string[]> =>
    [...(await haproxy.state())]
      .filter(([, { srv_admin_state, srv_op_state }]) => (Number(srv_admin_state) & 59) === 0 && srv_op_state === "2")
      .map(([, { srv_addr, srv_port }]) => `${srv_addr}:${srv_port}`);
  return { ...haproxy, front, serving } satisfies SlotHaproxy;
}
