// What a checker, source, outlet or driver may import, ours and yours.
export { z } from "zod";
export { duration, hostPort, parseHostPort, secret, size } from "./config/options.ts";
export type { AgentPort, AgentSettings } from "./config/settings.ts";
export {
  asks,
  type Board,
  type Check,
  type Checker,
  type Clock,
  defineChecker,
  defineOutlet,
  defineRegistry,
  defineSource,
  type Env,
  type Hint,
  type Log,
  type Membership,
  type Part,
  type Probe,
  type Prober,
  type Registry,
  type Secret,
  type Source,
  type SourceKind,
} from "./contract.ts";
export { formatDuration } from "./core/duration.ts";
export { formatReply, httpPoolReply, httpReply } from "./core/reply.ts";
export type {
  AgentReply,
  Claim,
  Facts,
  FormatReply,
  Ms,
  Observation,
  Policy,
  PoolPolicy,
  PoolView,
  Row,
  Target,
  TargetId,
  Verdict,
} from "./core/types.ts";
export { describeError, OwnFault, RegistryError } from "./errors.ts";
export { type Followed, follow } from "./registry/follow.ts";
export { hubOf } from "./registry/hub.ts";
export { canonicalKey } from "./registry/keys.ts";
