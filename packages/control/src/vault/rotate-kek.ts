import { NofxError } from "@nofx/core/errors";
import {
  keysToRewrap,
  listKeks,
  makeKekCurrent,
  storeRewrapped,
  type KeyToRewrap,
  type RewrappedKey,
} from "@nofx/db/queries";
import { rewrapContent } from "../content/rewrap-content.ts";
import { Envelope, rewrap } from "./envelope.ts";
import { locked } from "./use-key.ts";
import type { KeyEncryptionKey, KeyEncryptionKeys, VaultDeps } from "./vault.ts";

export interface KekRotation {
  readonly kid: string;
  readonly rewrapped: number;
  readonly remaining: number;
}

const BATCH = 100;

/**
 * Makes a KEK the one to write with and wraps by it what is under older ones, in batches that lock nothing while they are wrapped.
 * Keys are used meanwhile: both KEKs open. Can be asked again where it was cut short, or told to stop after so many.
 */
export async function rotateKek(
  { db, keks }: Pick<VaultDeps, "db" | "keks">,
  options: { kid?: string | undefined; by: { type: string; id: string }; most?: number },
): Promise<KekRotation> {
  if (keks === undefined) throw locked();
  const wanted = await wantedKek(db, keks, options.kid);
  const said = await makeKekCurrent(db, wanted);
  if (said === "another") {
    throw new NofxError("conflict", {
      detail: `The vault knows another key under the name ${wanted.kid}. Give a new key a new name.`,
    });
  }
  if (said === "retired") {
    throw new NofxError("conflict", {
      detail: `KEK ${wanted.kid} is retired, for good. Give this process a new one.`,
    });
  }
  const { most = Number.POSITIVE_INFINITY, by } = options;
  let rewrapped = 0;
  let after: string | undefined;
  while (rewrapped < most) {
    const rows = await keysToRewrap(db, Math.min(BATCH, most - rewrapped), after);
    if (rows.length === 0) break;
    const wrapped = await Promise.all(rows.map((row) => rewrapRow(keks, row, wanted)));
    rewrapped += await storeRewrapped(db, wrapped.flat(), by);
    after = rows.at(-1)?.id;
  }
  rewrapped += await rewrapContent(db, keks, wanted, most - rewrapped);
  const known = await listKeks(db);
  const remaining = known
    .filter(({ kid }) => kid !== wanted.kid)
    .reduce((sum, { versions }) => sum + versions, 0);
  return { kid: wanted.kid, rewrapped, remaining };
}

async function wantedKek(
  db: VaultDeps["db"],
  keks: KeyEncryptionKeys,
  asked: string | undefined,
): Promise<KeyEncryptionKey> {
  const kid = asked ?? (await newestUnused(db, keks));
  const kek = kid === undefined ? await keks.make?.() : await keks.find(kid);
  if (kek !== undefined) return kek;
  throw new NofxError("conflict", {
    detail:
      asked === undefined
        ? "The vault is written with the newest KEK that this process was given. Add another to NOFX_KEK, in all processes, then ask again."
        : `This process was not given KEK ${asked}. Add it to NOFX_KEK or NOFX_KEK_FILE, in all processes, then ask again.`,
  });
}

/** A KEK that was given and never written with, or the current one where older ones still wrap something. */
async function newestUnused(
  db: VaultDeps["db"],
  keks: KeyEncryptionKeys,
): Promise<string | undefined> {
  const known = new Map((await listKeks(db)).map((one) => [one.kid, one]));
  const newest = (await keks.versions()).at(-1);
  if (newest !== undefined && !known.has(newest)) return newest;
  const unfinished = [...known.values()].some(
    ({ status, versions }) => status === "previous" && versions > 0,
  );
  return unfinished
    ? [...known.values()].find(({ status }) => status === "current")?.kid
    : undefined;
}

/** What cannot be unwrapped stays as it is: it cannot be used either, and is counted as remaining. */
async function rewrapRow(
  keks: KeyEncryptionKeys,
  { id, jwe }: KeyToRewrap,
  to: KeyEncryptionKey,
): Promise<RewrappedKey[]> {
  const envelope = Envelope.safeParse(jwe);
  const from = envelope.success ? await keks.find(envelope.data.header.kid) : undefined;
  if (!envelope.success || from === undefined) return [];
  try {
    const wrapped = await rewrap(envelope.data, from, to);
    return [{ id, from: envelope.data.encrypted_key, ...wrapped }];
  } catch {
    return [];
  }
}
