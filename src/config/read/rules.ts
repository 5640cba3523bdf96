// The rules of a pool: what its keys come to, and which keys do not go together.
import { settleAfter } from "../../core/timing.ts";
import type { PoolPolicy } from "../../core/types.ts";
import type { Path } from "../document.ts";
import type { Loading } from "../loading.ts";
import { allowedHint } from "../nearest.ts";
import { POOL_DEFAULTS } from "../schema/defaults.ts";
import { READERS, RULES, USUAL, WRITER } from "../schema/rules.ts";
import { JUDGING, TIMING } from "../schema/timing.ts";
import { WEIGHTS } from "../schema/weights.ts";
import type { ShrinkGuard } from "../settings.ts";
import type { Checks } from "./check.ts";
import { type Layers, said, type Values } from "./layers.ts";
import { BUILT_IN } from "./timing.ts";

const NESTED = {
  weight: WEIGHTS.weight.unwrap().shape.step.parse(POOL_DEFAULTS.weight_step) ?? 0,
  ...USUAL,
  shrinkGuard: RULES.shrink_guard.unwrap().parse(POOL_DEFAULTS.shrink_guard),
};

/** The policy of a pool; `sentinels`: a source or check of it asks Sentinels. */
export function readRules(layers: Layers, checks: Checks, sentinels: boolean): PoolPolicy {
  const value = <K extends keyof Values>(key: K): Values[K] | null => said(layers, key)?.value ?? BUILT_IN[key] ?? null;
  const weight = value("weight");
  const brake = value("brake") ?? (hasReference(layers) ? {} : "off");
  const damping = value("damping") ?? "off";
  return {
    role: value("role") ?? "readers",
    require: value("require") ?? "all",
    fallback: value("fallback") === "primary",
    atLeast: value("at_least") ?? { count: 1 },
    whenNoneFit: value("when_none_fit") ?? "all",
    margin: value("margin") ?? 0,
    witness: value("witness") ?? (sentinels ? "require" : "prefer"),
    witnessAgeMs: value("witness_age") ?? 0,
    handoverMs: value("handover") ?? 0,
    staleMs: value("stale_after") ?? checks.staleMs,
    unknownMs: value("unknown_for") ?? 0,
    settleMs: value("settle") ?? settleAfter(checks.settings.map(({ policy }) => policy)),
    ownsAdmin: value("agent_owns_admin") ?? false,
    rampMs: value("ramp") ?? 0,
    haproxyWeight: value("haproxy_weight") ?? null,
    weight: weight === null || weight === undefined ? null : { ...weight, step: weight.step ?? NESTED.weight },
    brake: brake === "off" ? null : readBrake(brake),
    damping:
      damping === "off"
        ? null
        : { maxMs: damping.max ?? NESTED.damping.max ?? 0, quietMs: damping.quiet ?? NESTED.damping.quiet ?? 0 },
  };
}

const hasReference = (layers: Layers): boolean => (said(layers, "reference")?.value ?? "off") !== "off";

function readBrake(given: Exclude<Values["brake"], "off" | undefined>): NonNullable<PoolPolicy["brake"]> {
  const { share = 0, within = 0, for: longest = 0 } = { ...NESTED.brake, ...given };
  return { share, withinMs: within, forMs: longest };
}

/** The guard over the lists of a pool's sources. */
export function readShrinkGuard(layers: Layers): ShrinkGuard {
  const { share = 0, for: longest = 0 } = { ...NESTED.shrinkGuard, ...said(layers, "shrink_guard")?.value };
  return { share, forMs: longest };
}

/** Reports keys that do not go together; those of the pool itself only where `defaults` may well say more than one pool needs. */
export function checkRules(loading: Loading, layers: Layers, policy: PoolPolicy, checks: Checks): void {
  const [own] = layers;
  if (own === undefined) return;
  checkRole(loading, own, policy);
  checkWeight(loading, layers, policy, checks);
  const brake = said([own], "brake");
  if (brake !== null && brake.value !== "off" && !hasReference(layers))
    loading.report(
      brake.path,
      "needs reference",
      'addresses that fail too when it is us, as reference: ["10.0.0.1:80"]',
    );
  checkStale(loading, layers, checks);
  const require = said(layers, "require");
  if (require !== null && typeof require.value === "number" && require.value > checks.count && checks.count > 0)
    loading.report(
      require.path,
      `${require.value} checks must pass, but there ${checks.count === 1 ? "is 1" : `are ${checks.count}`}`,
      "all, any or fewer",
    );
  if (!checks.none) return;
  for (const key of Object.keys({ ...TIMING, ...JUDGING }))
    if (Object.hasOwn(own.values, key)) loading.report([...own.path, key], "has no effect with check: none");
  if (policy.role === "writer") loading.report([...own.path, "role"], "a writer needs a check that says who leads");
}

/** Between two probes nothing would be told. */
function checkStale(loading: Loading, layers: Layers, checks: Checks): void {
  const stale = said(layers, "stale_after");
  const gaps = checks.settings.map(({ policy }) => Math.min(policy.everyMs, policy.maxAgeMs));
  if (stale !== null && gaps.some((gap) => stale.value < gap))
    loading.report(stale.path, "is shorter than the time between two probes", "longer than every, or leave it out");
}

function checkRole(
  loading: Loading,
  own: { readonly path: Path; readonly values: Values },
  { role }: PoolPolicy,
): void {
  const foreign = Object.keys(role === "writer" ? READERS : WRITER);
  const word = role === "writer" ? "role: readers" : "role: writer";
  const said: Readonly<Record<string, unknown>> = own.values;
  for (const key of foreign)
    if (Object.hasOwn(said, key) && said[key] !== "off")
      loading.report([...own.path, key], `is only for pools with ${word}`);
}

function checkWeight(loading: Loading, layers: Layers, policy: PoolPolicy, checks: Checks): void {
  const weight = said(layers, "weight");
  const ramp = said(layers, "ramp");
  for (const key of [weight, ramp?.value === 0 ? null : ramp])
    if (key !== null && policy.haproxyWeight === null)
      loading.report(
        key.path,
        "needs haproxy_weight",
        "the weight on the server lines of HAProxy, as haproxy_weight: 100",
      );
  if (weight === null || checks.kinds.length < checks.count) return;
  const facts = checks.kinds.flatMap((kind) => Object.keys(kind.facts));
  const { by } = weight.value;
  const names = checks.kinds.map(({ name }) => name).join(" and ");
  if (checks.none) loading.report(weight.path, "has no effect with check: none");
  else if (checks.kinds.length > 0 && !facts.includes(by))
    loading.report([...weight.path, "by"], `${names} has no fact "${by}"`, allowedHint(by, facts));
}
