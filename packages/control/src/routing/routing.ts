import {
  HEALTH_OPTIONS,
  type Candidate,
  type CallOutcome,
  type HealthOptions,
  type PreparedPolicy,
  type RoutingPolicy,
} from "@nofx/core/model-router";
import type { Clock } from "@nofx/core/seams";
import { readRoutingState, type HealthKey, type UnwellRecord } from "@nofx/db/queries";
import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";
import type { CompatibleProvider } from "../model-router/registry.ts";
import type { KnownCandidate } from "./candidates.ts";
import { createHealthBook, healthName } from "./health-book.ts";
import { createHealthWriter } from "./health-writer.ts";
import { createTenantCatalog, type TenantCatalog } from "./tenant-catalog.ts";
import { worseHealth } from "./worse-health.ts";
import { claimTrial, settleHealth } from "./write-health.ts";

/** What a tenant's calls are chosen from and by, at one instant. */
export interface RoutingView {
  /** The database's clock, in milliseconds. */
  readonly now: number;
  readonly policies: ReadonlyMap<string, PreparedPolicy>;
  /** Everything that could be asked. */
  candidates(): readonly Candidate[];
  /** What a request that names this model, or none, may be given under this policy. */
  candidatesFor(model: string | undefined, policy: RoutingPolicy): readonly Candidate[];
  lockedBy: TenantCatalog["lockedBy"];
}

export type RoutePlace = Omit<HealthKey, "tenantId">;

/** What one process knows of models, policies and their health. Made once a process; a second or two old at most. */
export interface Routing {
  /** The providers that this process was given itself: no tenant can redefine them. */
  readonly configured: readonly CompatibleProvider[];
  readonly options: HealthOptions;
  view(tenantId: string): Promise<RoutingView>;
  note(key: HealthKey, outcome: Omit<CallOutcome, "at">): void;
  /** Whether the only trial of what was left alone is this caller's, for the tenant and for all. */
  claimTrial(tenantId: string, where: RoutePlace): Promise<boolean>;
  /** Writes how these stand now, where time alone has changed it. */
  settle(unwell: readonly UnwellRecord[]): Promise<void>;
  /** What is known of a tenant is older than something that was just written here; without one: of all. */
  changed(tenantId: string | null): void;
  /** Writes what is not written yet. */
  flush(): Promise<void>;
  /** Writes what is left and no more. */
  close(): Promise<void>;
}

/** Asked again after so long, while the older answer still serves. */
const FRESH_MS = 1_000;
/** Not served when it is older. */
const STALE_MS = 2_000;
/** What was written around the time of the last answer is asked for again: a later one may have been committed first. */
const OVERLAP_MS = 5_000;
const IDLE_MS = 600_000;
const MOST_TENANTS = 1_000;

interface Held {
  catalog: TenantCatalog | undefined;
  version: string | null;
  /** The database's time of the newest answer. */
  since: number | null;
  readAt: number;
  usedAt: number;
  reading: Promise<void> | undefined;
}

export function createRouting(deps: {
  db: Kysely<DB>;
  clock: Clock;
  sha256: (text: string) => string;
  configured?: readonly CompatibleProvider[];
  options?: HealthOptions;
}): Routing {
  const { db, clock, sha256, configured = [], options = HEALTH_OPTIONS } = deps;
  const tenants = new Map<string, Held>();
  const names = new WeakMap<KnownCandidate, { own: string; shared: string }>();
  const book = createHealthBook(options);
  const writer = createHealthWriter({ db, clock, book, options });
  let offset = clock.date().getTime() - clock.now();
  const now = () => Math.round(clock.now() + offset);

  const read = async (tenantId: string, held: Held): Promise<void> => {
    const begun = clock.now();
    const state = await readRoutingState(db, {
      tenantId,
      known: held.version,
      since: held.since === null ? null : held.since - OVERLAP_MS,
      own: configured.map(({ name }) => name),
    });
    offset = state.clock - clock.now();
    if (state.config !== null) {
      held.catalog = createTenantCatalog(state.config, configured, sha256);
      held.version = state.version;
    }
    for (const { own, window, at, ...where } of state.health) {
      book.take({ tenantId: own ? tenantId : null, ...where }, window, at);
    }
    held.since = state.clock;
    held.readAt = Math.max(held.readAt, begun);
  };
  const refresh = (tenantId: string, held: Held): Promise<void> => {
    held.reading ??= read(tenantId, held).finally(() => {
      held.reading = undefined;
    });
    return held.reading;
  };
  const hold = (tenantId: string): Held => {
    const known = tenants.get(tenantId);
    if (known !== undefined) return known;
    if (tenants.size >= MOST_TENANTS) forgetIdle();
    const held: Held = {
      catalog: undefined,
      version: null,
      since: null,
      readAt: -Infinity,
      usedAt: clock.now(),
      reading: undefined,
    };
    tenants.set(tenantId, held);
    return held;
  };
  const forgetIdle = () => {
    for (const [tenantId, { usedAt }] of tenants) {
      if (clock.now() - usedAt < IDLE_MS) continue;
      tenants.delete(tenantId);
      book.forget(tenantId);
    }
  };

  return {
    configured,
    options,
    async view(tenantId) {
      const held = hold(tenantId);
      held.usedAt = clock.now();
      const age = clock.now() - held.readAt;
      if (age > STALE_MS || held.catalog === undefined) await refresh(tenantId, held);
      // whoever comes while it is asked is served what there is
      else if (age > FRESH_MS) refresh(tenantId, held).catch(() => undefined);
      const { catalog } = held;
      if (catalog === undefined) throw new Error("the routing state has no configuration");
      const at = now();
      const candidates = () =>
        catalog.candidates((candidate) => {
          let known = names.get(candidate);
          if (known === undefined) {
            known = {
              own: healthName({ ...candidate, tenantId }),
              shared: healthName({ ...candidate, tenantId: null }),
            };
            names.set(candidate, known);
          }
          return worseHealth(book.viewOf(known.own, at), book.viewOf(known.shared, at));
        });
      return {
        now: at,
        policies: catalog.policies,
        lockedBy: catalog.lockedBy,
        candidates,
        candidatesFor: (model, policy) => catalog.candidatesFor(model, policy, candidates()),
      };
    },
    note(key, outcome) {
      const urgent = book.note(key, { ...outcome, at: now() });
      writer.wake(urgent);
    },
    async claimTrial(tenantId, where) {
      const keys = [
        { tenantId, ...where },
        { tenantId: null, ...where },
      ].filter((key) => book.viewOf(healthName(key), now()).state === "half_open");
      for (const key of keys) {
        const answer = await claimTrial(db, key, options);
        if (answer === undefined) return false;
        book.take(key, answer.window, answer.at);
        if (!answer.claimed) return false;
      }
      return keys.length > 0;
    },
    settle: (unwell) => settleHealth(db, unwell, options),
    changed(tenantId) {
      for (const [id, held] of tenants) {
        if (tenantId === null || id === tenantId) {
          held.readAt = -Infinity;
          // an answer that is under way may be from before
          held.reading = undefined;
        }
      }
    },
    flush: writer.flush,
    close: writer.close,
  };
}
