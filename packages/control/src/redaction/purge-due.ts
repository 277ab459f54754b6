import { takeMatches } from "@nofx/core/bus";
import {
  purgePlain,
  redactArtifact,
  redactionArtifacts,
  redactionLooked,
  redactionMessages,
  redactionsDue,
  redactMessage,
  type DueRedaction,
  type Executor,
} from "@nofx/db/queries";
import { z } from "zod";
import { kekForContent, type ContentDeps } from "../content/content-kek.ts";
import { openMessages } from "../content/open-messages.ts";
import { openContent, sealContent } from "../content/seal-content.ts";

/** Files of runs, as the purge reaches them. */
export interface PurgedFiles {
  /** Undefined for one that is not there. */
  get(tenantId: string, path: string): Promise<Uint8Array | undefined>;
  /** One that is not there counts as removed. */
  remove(tenantId: string, paths: readonly string[]): Promise<void>;
}

const BATCH = 10;
const MESSAGES = 200;

/**
 * Looks for copies of what was redacted, and takes them away: in the plain columns, in messages that repeat it, in files of the same
 * runs. Twice, at once and shortly before its time is up, for what is written in between; then what was looked for is destroyed.
 * Any number of workers do this. Answers how many redactions it looked at.
 */
export async function purgeDue(
  db: Executor,
  deps: Pick<ContentDeps, "keks" | "clock">,
  files: PurgedFiles,
): Promise<number> {
  const due = await redactionsDue(db, BATCH);
  for (const redaction of due) {
    const needles = await needlesOf(deps, redaction);
    if (needles.length > 0) {
      await purgePlain(db, redaction.id, needles);
      await purgeMessages(db, deps, redaction, needles);
      await purgeFiles(db, redaction, needles, files);
    }
    await redactionLooked(db, redaction.id, redaction.last);
  }
  return due.length;
}

async function needlesOf(
  { keks }: Pick<ContentDeps, "keks">,
  { id, tenant_id, sealed, wrapped, kek }: DueRedaction,
): Promise<string[]> {
  if (sealed === null || wrapped === null) return [];
  const item = { tenantId: tenant_id, id };
  const opened = await openContent({ sealed, wrapped, kek }, item, async (kid) => keks?.find(kid));
  return z.array(z.string()).parse(opened);
}

async function purgeMessages(
  db: Executor,
  deps: Pick<ContentDeps, "keks" | "clock">,
  redaction: DueRedaction,
  needles: readonly string[],
): Promise<void> {
  const { id, tenant_id: tenantId } = redaction;
  const find = (text: string) => needles.filter((needle) => text.includes(needle));
  let after: string | undefined;
  for (;;) {
    const ids = await redactionMessages(db, id, after, MESSAGES);
    if (ids.length === 0) return;
    for (const [messageId, { payload }] of await openMessages(db, deps, tenantId, ids)) {
      const { left, removed } = takeMatches(payload, find);
      if (removed.length === 0) continue;
      const kek = await kekForContent(db, deps);
      const sealed = await sealContent(left, { tenantId, id: messageId }, kek);
      await redactMessage(db, {
        tenantId,
        redactionId: id,
        messageId,
        by: "plane",
        why: "It repeated what was redacted elsewhere.",
        left: sealed,
        needles,
      });
    }
    after = ids.at(-1);
  }
}

async function purgeFiles(
  db: Executor,
  { id }: DueRedaction,
  needles: readonly string[],
  files: PurgedFiles,
): Promise<void> {
  const bytes = needles.map((needle) => Buffer.from(needle, "utf8"));
  for (const artifact of await redactionArtifacts(db, id)) {
    const file = await files.get(artifact.tenant_id, artifact.path);
    if (file === undefined) continue;
    const text = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
    if (!bytes.some((needle) => text.includes(needle))) continue;
    await redactArtifact(db, id, artifact.id);
    await files.remove(artifact.tenant_id, [artifact.path]);
  }
}
