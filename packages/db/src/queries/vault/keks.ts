import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface KekRecord {
  readonly kid: string;
  readonly fingerprint: string;
  readonly status: "current" | "previous" | "retired";
  readonly created_at: Date;
  readonly retired_at: Date | null;
  readonly versions: number;
}

export async function listKeks(db: Executor): Promise<KekRecord[]> {
  const { rows } = await sql<KekRecord>`
    select kid, fingerprint, status, created_at, retired_at, versions::integer from app.list_keks()
  `.execute(db);
  return rows;
}

/** The KEK to write with; the one that is offered where none was ever used. */
export async function currentKek(
  db: Executor,
  offered: { kid: string; fingerprint: string },
): Promise<{ kid: string; fingerprint: string } | undefined> {
  const { rows } = await sql<{ kid: string; fingerprint: string }>`
    select * from app.current_kek(${offered.kid}, ${offered.fingerprint})
  `.execute(db);
  return rows[0];
}

/** `another`: the name stands for another key. `retired` and `current`: it was so before. */
export async function makeKekCurrent(
  db: Executor,
  kek: { kid: string; fingerprint: string },
): Promise<"made" | "current" | "retired" | "another"> {
  const { rows } = await sql<{ said: "made" | "current" | "retired" | "another" }>`
    select app.make_kek_current(${kek.kid}, ${kek.fingerprint}) as said
  `.execute(db);
  return rows[0]?.said ?? "another";
}

export interface KeyToRewrap {
  readonly id: string;
  readonly jwe: unknown;
}

const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

/** The next secrets under older KEKs, after one. */
export async function keysToRewrap(
  db: Executor,
  limit: number,
  after: string = BEFORE_ALL,
): Promise<KeyToRewrap[]> {
  const { rows } = await sql<KeyToRewrap>`
    select * from app.keys_to_rewrap(${after}::uuid, ${limit})
  `.execute(db);
  return rows;
}

export interface RewrappedKey {
  readonly id: string;
  /** The wrapped key as it was read: who changed it meanwhile wins. */
  readonly from: string;
  readonly header: object;
  readonly encrypted_key: string;
}

/** Stores what was wrapped anew; answers how many nobody had changed. */
export async function storeRewrapped(
  db: Executor,
  rows: readonly RewrappedKey[],
  by: { type: string; id: string },
): Promise<number> {
  const answer = await sql<{ n: number }>`
    select app.rewrap_keys(${JSON.stringify(rows)}::jsonb, ${by.type}, ${by.id}) as n
  `.execute(db);
  return answer.rows[0]?.n ?? 0;
}

/** `in_use`: secrets need it still. `current` cannot be retired. */
export async function retireKekRow(
  db: Executor,
  kid: string,
): Promise<"done" | "unknown" | "current" | "retired" | "in_use"> {
  type Said = "done" | "unknown" | "current" | "retired" | "in_use";
  const { rows } = await sql<{ said: Said }>`select app.retire_kek(${kid}) as said`.execute(db);
  return rows[0]?.said ?? "unknown";
}
