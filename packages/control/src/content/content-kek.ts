import type { Clock } from "@nofx/core/seams";
import type { Executor } from "@nofx/db/queries";
import { contentKek } from "@nofx/db/queries";
import type { KeyEncryptionKey, KeyEncryptionKeys } from "../vault/vault.ts";
import { locked } from "../vault/use-key.ts";

/** What seals and opens content; a `Plane` is one. Without KEKs, keys of content are stored as they are. */
export interface ContentDeps {
  readonly keks: KeyEncryptionKeys | undefined;
  readonly newUuid: () => string;
  readonly clock: Pick<Clock, "now">;
}

/** So long a process writes with the KEK that it has seen last, unless the database refuses it. */
const FRESH_MS = 10_000;

/** The KEK that content is written with, as it was last seen. Where it is retired since, the database refuses what it wraps. */
const seen = new WeakMap<KeyEncryptionKeys, { kek: KeyEncryptionKey; until: number }>();

/** The KEK to seal content with; undefined in a process without any. Throws `vault_locked` where it has another than the others. */
export async function kekForContent(
  db: Executor,
  { keks, clock }: Pick<ContentDeps, "keks" | "clock">,
): Promise<KeyEncryptionKey | undefined> {
  if (keks === undefined) return undefined;
  const last = seen.get(keks);
  if (last !== undefined && last.until > clock.now()) return last.kek;
  const newest = (await keks.versions()).at(-1);
  const offered = newest === undefined ? undefined : await keks.find(newest);
  if (offered === undefined) throw locked();
  const wanted = await contentKek(db, offered);
  const kek = wanted === undefined ? undefined : await keks.find(wanted.kid);
  if (kek === undefined || kek.fingerprint !== wanted?.fingerprint) throw locked();
  seen.set(keks, { kek, until: clock.now() + FRESH_MS });
  return kek;
}

/** The KEK has changed: the next one to ask looks again. */
export function forgetKek({ keks }: Pick<ContentDeps, "keks">): void {
  if (keks !== undefined) seen.delete(keks);
}
