import { FLAGS, FlagName, type FlagStates } from "./flags.ts";

/** Who had the say: the process's environment, the tenant, or nobody, so that the default holds. */
export type FlagSourceName = "environment" | "tenant" | "default";

export interface FlagDecision {
  readonly enabled: boolean;
  readonly source: FlagSourceName;
}

/** The environment wins over the tenant, and the tenant over the default. */
export function decideFlag(
  name: FlagName,
  environment: FlagStates,
  tenant: FlagStates,
): FlagDecision {
  const forced = environment[name];
  if (forced !== undefined) return { enabled: forced, source: "environment" };
  const chosen = tenant[name];
  if (chosen !== undefined) return { enabled: chosen, source: "tenant" };
  return { enabled: FLAGS[name].byDefault, source: "default" };
}

const SWITCHES: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  "1": true,
  off: false,
  false: false,
  "0": false,
};

/** The known flags in `values`, as booleans or words (on, off, true, false, 1, 0); all else is left out. */
export function readSwitches(values: unknown): FlagStates {
  if (typeof values !== "object" || values === null) return {};
  const found: Partial<Record<FlagName, boolean>> = {};
  for (const name of FlagName.options) {
    const value: unknown = Object.hasOwn(values, name) ? Reflect.get(values, name) : undefined;
    const state = SWITCHES[String(value).trim().toLowerCase()];
    if (state !== undefined) found[name] = state;
  }
  return found;
}
