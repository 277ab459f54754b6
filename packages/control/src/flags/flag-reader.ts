import { readSwitches, type FlagStates } from "@nofx/core/flags";
import type { Clock } from "@nofx/core/seams";
import { edgeConfigSource } from "./edge-config.ts";

/** What a source has kept of a tenant's flags. */
export interface KeptFlags {
  readonly states: FlagStates;
  /** Of the newest change that is in it, in milliseconds; absent where the source does not say. */
  readonly asOf?: number | undefined;
}

/** A copy of the table that is quicker to reach, or nearer. Knows nothing of a tenant: undefined. */
export interface FlagSource {
  read(tenantId: string, signal: AbortSignal): Promise<KeptFlags | undefined>;
}

/** Flags as commands ask for them: a few seconds old at most, and never an error of a cache. */
export interface FlagReader {
  /** What this process's environment forces. */
  readonly environment: FlagStates;
  /** What the tenant has switched; `table` is asked where nothing newer is kept. */
  read(tenantId: string, table: () => Promise<FlagStates>): Promise<FlagStates>;
  /** The tenant has switched something at `at`: whatever is older counts no more here. */
  changed(tenantId: string, at: Date): void;
}

const FRESH_MS = 3_000;
const SOURCE_MS = 500;
const MOST_TENANTS = 10_000;

interface Held {
  readonly at: number;
  readonly states: Promise<FlagStates>;
}

/** Keeps what it has read for three seconds, so a switch is heeded everywhere within them. */
export function createFlagReader(options: {
  clock: Clock;
  environment?: FlagStates;
  source?: FlagSource | undefined;
}): FlagReader {
  const { clock, source, environment = {} } = options;
  const held = new Map<string, Held>();
  const changes = new Map<string, number>();

  const fromSource = async (tenantId: string): Promise<FlagStates | undefined> => {
    if (source === undefined) return undefined;
    const kept = await withinTime(clock, (signal) => source.read(tenantId, signal));
    const known = changes.get(tenantId);
    if (kept === undefined || (known !== undefined && (kept.asOf ?? 0) < known)) return undefined;
    return kept.states;
  };

  return {
    environment,
    read(tenantId, table) {
      const now = clock.now();
      const found = held.get(tenantId);
      if (found !== undefined && now - found.at < FRESH_MS) return found.states;
      if (held.size >= MOST_TENANTS) held.clear();
      const states = fromSource(tenantId).then((kept) => kept ?? table());
      const entry = { at: now, states };
      held.set(tenantId, entry);
      // a table that did not answer is asked again by the next one
      states.catch(() => held.get(tenantId) === entry && held.delete(tenantId));
      return states;
    },
    changed(tenantId, at) {
      held.delete(tenantId);
      if (source !== undefined) changes.set(tenantId, at.getTime());
    },
  };
}

/** Undefined also where the source fails or takes too long: the table knows. */
async function withinTime<T>(
  clock: Clock,
  ask: (signal: AbortSignal) => Promise<T | undefined>,
): Promise<T | undefined> {
  const controller = new AbortController();
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.timer(
      SOURCE_MS,
      () => {
        controller.abort();
        resolve(undefined);
      },
      { background: true },
    );
  });
  const asked = ask(controller.signal).catch(() => undefined);
  const answer = await Promise.race([asked, late]);
  cancel();
  return answer;
}

/** As the environment sets it up: EDGE_CONFIG for the cache, the flags' own names for what is forced. */
export function flagReaderOf(
  clock: Clock,
  env: { EDGE_CONFIG?: string | undefined } & Partial<Record<string, unknown>>,
): FlagReader {
  const { EDGE_CONFIG: connection } = env;
  return createFlagReader({
    clock,
    environment: readSwitches(env),
    source: connection === undefined ? undefined : edgeConfigSource(connection),
  });
}
