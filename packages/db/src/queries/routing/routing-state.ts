import type { HealthState, HealthWindow } from "@nofx/core/model-router";
import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** One region of a provider, as calls are made there. */
export interface RoutingProviderRow {
  name: string;
  region: string;
  kind: "simulated" | "openai" | "anthropic" | "google" | "mistral" | "openai_compatible";
  enabled: boolean;
  base_url: string | null;
  headers: Record<string, string>;
  key_name: string | null;
}

export interface RoutingModelRow {
  provider: string;
  name: string;
  aliases: string[];
  context_tokens: number | null;
  max_output_tokens: number | null;
  capabilities: string[];
  quality: number | null;
  enabled: boolean;
}

/** Picodollars as text, because they are counted exactly. */
export interface RoutingPriceRow {
  provider: string;
  model: string;
  from: number;
  above_tokens: number;
  own: boolean;
  withdrawn: boolean;
  input: string;
  output: string;
  cache_read: string | null;
  cache_write: string | null;
  reasoning: string | null;
}

export interface RoutingConfig {
  /** Only those that can be called: a key is there, or none is needed. */
  providers: RoutingProviderRow[];
  models: RoutingModelRow[];
  prices: RoutingPriceRow[];
  policies: { name: string; version: number; body: unknown }[];
  /** Known, but there is no key to call them with. */
  locked: { provider: string; key_name: string; models: string[] }[];
}

export interface RoutingHealthRow {
  /** The tenant's; otherwise all see it. */
  own: boolean;
  provider: string;
  model: string;
  region: string;
  window: HealthWindow;
  /** When it was written. */
  at: number;
}

export interface RoutingState {
  /** The database's clock, in milliseconds. */
  clock: number;
  version: string;
  /** Null where `known` is still the version. */
  config: RoutingConfig | null;
  health: RoutingHealthRow[];
}

/** What models are chosen from and by. As the process, not as a caller: on a login that has the right to it. */
export async function readRoutingState(
  db: Executor,
  asked: {
    tenantId: string;
    known: string | null;
    since: number | null;
    own: readonly string[];
  },
): Promise<RoutingState> {
  const { rows } = await sql<{ state: RoutingState }>`
    select app.routing_state(${asked.tenantId}::uuid, ${asked.known}, ${asked.since}::double precision, ${[...asked.own]}::text[]) as state
  `.execute(db);
  const state = rows[0]?.state;
  if (state === undefined) throw new Error("no routing state");
  return state;
}

export interface HealthKey {
  tenantId: string | null;
  provider: string;
  model: string;
  region: string;
}

export interface LockedHealth {
  key: HealthKey;
  window: HealthWindow;
  /** The database's clock, in milliseconds. */
  now: number;
}

/** Takes these rows until the transaction ends. A tenant that is gone has none. */
export async function lockHealth(
  db: Executor,
  keys: readonly HealthKey[],
): Promise<LockedHealth[]> {
  const { rows } = await sql<{ ord: string; window: HealthWindow; now_ms: number }>`
    select ord, "window", now_ms from app.lock_health(${JSON.stringify(keys.map(toColumns))}::jsonb)
  `.execute(db);
  return rows.flatMap(({ ord, window, now_ms: now }) => {
    const key = keys[Number(ord) - 1];
    return key === undefined ? [] : [{ key, window, now }];
  });
}

export interface StoredHealth {
  key: HealthKey;
  window: HealthWindow;
  state: HealthState;
  errorRate: number;
}

/** Writes rows that are locked, and tells those concerned of what changed. Answers when that was. */
export async function storeHealth(db: Executor, rows: readonly StoredHealth[]): Promise<number> {
  const written = rows.map(({ key, window, state, errorRate }) => ({
    ...toColumns(key),
    window,
    state,
    error_rate: errorRate,
  }));
  const { rows: answer } = await sql<{ at: number }>`
    select app.store_health(${JSON.stringify(written)}::jsonb) as at
  `.execute(db);
  return answer[0]?.at ?? 0;
}

export interface UnwellRecord extends HealthKey {
  state: HealthState;
  /** Whether it may be asked a word, to learn how it is. */
  probe: boolean;
}

/** What was not well when it was written last. As the process, on the gateway's login. */
export async function listUnwell(db: Executor, limit: number): Promise<UnwellRecord[]> {
  const { rows } = await sql<Omit<UnwellRecord, "tenantId"> & { tenant_id: string | null }>`
    select tenant_id, provider, model, region, state, probe from app.unwell_providers(${limit})
  `.execute(db);
  return rows.map(({ tenant_id: tenantId, ...row }) => ({ tenantId, ...row }));
}

const toColumns = ({ tenantId, provider, model, region }: HealthKey) => ({
  tenant_id: tenantId,
  provider,
  model,
  region,
});
