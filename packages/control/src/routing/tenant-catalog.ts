import {
  findNamed,
  namedModel,
  preparePolicy,
  RoutingPolicy,
  type Candidate,
  type HealthView,
  type PreparedPolicy,
  type RouteCondition,
} from "@nofx/core/model-router";
import type { RoutingConfig } from "@nofx/db/queries";
import type { CompatibleProvider } from "../model-router/registry.ts";
import { candidatesOf, type KnownCandidate } from "./candidates.ts";
import { compileRouteCondition } from "./compile-condition.ts";

/** What a tenant's calls can go to and by which policies, of one version of its settings. */
export interface TenantCatalog {
  readonly policies: ReadonlyMap<string, PreparedPolicy>;
  /** Every candidate with its health as it is now. The same list as long as nothing of it has changed. */
  candidates(healthOf: (candidate: KnownCandidate) => HealthView): readonly Candidate[];
  /** Those that a request may be given: what is made up on this machine only where it is asked for, or there is nothing else. */
  candidatesFor(
    model: string | undefined,
    policy: RoutingPolicy,
    all: readonly Candidate[],
  ): readonly Candidate[];
  /** Known models that cannot be called for want of a key: what the key is called. */
  lockedBy(model: string): { provider: string; keyName: string } | undefined;
}

const MOST_NAMES = 1_000;

export function createTenantCatalog(
  config: RoutingConfig,
  configured: readonly CompatibleProvider[],
  sha256: (text: string) => string,
): TenantCatalog {
  const known = candidatesOf(config, configured, sha256);
  const policies = new Map(config.policies.flatMap(preparedPolicy));
  const isReal = known.some(({ kind, enabled }) => kind !== "simulated" && enabled);
  const wanted = new WeakMap<RoutingPolicy, boolean>();
  let list: readonly Candidate[] = [];
  let real: readonly Candidate[] = [];
  let named = new Map<string, readonly Candidate[]>();
  /** Of hundreds those that a request can mean; all of them where it means none, to name similar ones. */
  const ofName = (name: string, all: readonly Candidate[]): readonly Candidate[] => {
    const known = all === list ? named.get(name) : undefined;
    if (known !== undefined) return known;
    const found = all.filter(findNamed(all, name));
    const meant = found.length === 0 ? all : found;
    if (all === list && named.size < MOST_NAMES) named.set(name, meant);
    return meant;
  };

  return {
    policies,
    candidates(healthOf) {
      let changed = list.length !== known.length;
      const next = known.map((candidate, i): Candidate => {
        const health = healthOf(candidate);
        const before = list[i];
        if (before?.health === health) return before;
        changed = true;
        return { ...candidate, health };
      });
      if (changed) {
        list = next;
        named = new Map();
        real = next.filter(({ kind }) => kind !== "simulated");
      }
      return list;
    },
    candidatesFor(model, policy, all) {
      const name = namedModel(model);
      if (name !== undefined && policy.named === "only") return ofName(name, all);
      if (!isReal || all !== list) return all;
      if (name?.startsWith("simulated/") === true) return all;
      const known = wanted.get(policy) ?? mentionsSimulated(policy);
      wanted.set(policy, known);
      return known ? all : real;
    },
    lockedBy(model) {
      const found = config.locked.find(
        ({ provider, models }) =>
          models.includes(model) ||
          (model.startsWith(`${provider}/`) && models.includes(model.slice(provider.length + 1))),
      );
      return found && { provider: found.provider, keyName: found.key_name };
    },
  };
}

const mentionsSimulated = (policy: RoutingPolicy) =>
  JSON.stringify(policy.rules).includes('"simulated/');

/** One that this version of the product cannot read is left out: asked for by name it is not there, and the page of policies says why. */
function preparedPolicy({
  name,
  version,
  body,
}: RoutingConfig["policies"][number]): [string, PreparedPolicy][] {
  const parsed = RoutingPolicy.safeParse({
    ...(typeof body === "object" ? body : {}),
    name,
    version,
  });
  return parsed.success ? [[name, preparePolicy(parsed.data, compile)]] : [];
}

/** What was compiled when it was saved and is not any more holds for nothing. */
function compile(when: string): RouteCondition {
  try {
    return compileRouteCondition(when);
  } catch {
    return () => false;
  }
}
