// Built-in values, as a file would say them: the reader and the reference both take them from here.

/** Defaults of a pool that do not depend on others. */
export const POOL_DEFAULTS = {
  every: "2s",
  fast: "250ms",
  timeout: "1s",
  rise: 2,
  fall: 3,
  first: "at_once",
  fall_for: "0",
  unknown_for: "30m",
  wait: "auto",
  weight_step: 5,
  ramp: "0",
  at_least: 1,
  when_none_fit: "all",
  margin: "20%",
  fallback: "none",
  brake: { share: "50%", within: "10s", for: "5m" },
  witness_age: "10s",
  handover: "10s",
  role: "readers",
  require: "all",
  damping: { max: "5m", quiet: "10m" },
  shrink_guard: { share: "50%", for: "10m" },
  on_exit: "keep",
  agent_owns_admin: false,
  name: "{host}-{port}",
} as const;

/** How much of a registry may vanish before files made of it stay as they are. */
export const RENDER_SHRINK = { share: "80%", for: "10m" } as const;

/** Defaults of the daemon's own sections. */
export const DAEMON_DEFAULTS = {
  admin: { listen: "127.0.0.1:8910", read: "token" },
  agent: { max_connections: 4096, max_per_peer: 1024, timeout: "5s" },
  render: {
    watch: true,
    interval: "10m",
    values: "strict",
    debounce: "20ms",
    check_cmd_timeout: "30s",
    reload_cmd_timeout: "60s",
    confirm: "none",
  },
  record: { rotate: "64mb", keep: 5 },
  overrides: { prefix: "checkd/overrides" },
  haproxy: { exec: "haproxy", mode: "master-worker" },
} as const;
