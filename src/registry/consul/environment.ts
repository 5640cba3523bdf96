// The variables that Consul's own tools read (Consul, Commands, Environment variables).

/** What the environment says where the configuration does not. */
export interface ConsulEnvironment {
  readonly address: string | undefined;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly verify: boolean | undefined;
}

const given = (value: string | undefined): string | undefined =>
  value === undefined || value === "" ? undefined : value;

/** Reads CONSUL_HTTP_ADDR, _TOKEN, _TOKEN_FILE, _SSL, _SSL_VERIFY and CONSUL_CACERT, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY. */
export function consulEnvironment(env: NodeJS.ProcessEnv): ConsulEnvironment {
  const address = given(env.CONSUL_HTTP_ADDR);
  const secure = /^(1|t|true)$/i.test(env.CONSUL_HTTP_SSL ?? "");
  const verify = given(env.CONSUL_HTTP_SSL_VERIFY);
  return {
    address:
      address === undefined || /^https?:\/\//.test(address) ? address : `${secure ? "https" : "http"}://${address}`,
    token: given(env.CONSUL_HTTP_TOKEN),
    tokenFile: given(env.CONSUL_HTTP_TOKEN_FILE),
    ca: given(env.CONSUL_CACERT),
    cert: given(env.CONSUL_CLIENT_CERT),
    key: given(env.CONSUL_CLIENT_KEY),
    verify: verify === undefined ? undefined : !/^(0|f|false)$/i.test(verify),
  };
}
