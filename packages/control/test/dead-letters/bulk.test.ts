import type { MemberContext } from "@nofx/control/command";
import {
  discardDeadLetter,
  listDeadLetters,
  listRedriveBatches,
  redriveDeadLetters,
  stopRedriveBatch,
} from "@nofx/control/dead-letters";
import { again } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { shellItem } from "../fixtures.ts";
import { startControl, type ControlPlane } from "../run-control/harness.ts";

let control: ControlPlane;
let operator: MemberContext;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  operator = await (await control.t.tenant()).as("operator");
});

async function dead(count: number, code = "unknown_handler"): Promise<void> {
  for (let i = 0; i < count; i++) await control.run(operator, [shellItem("a")]);
  await control.work(() => ({ code }));
}

const bulk = (input: object = {}) => redriveDeadLetters(again(operator), input);
const batch = async () => (await listRedriveBatches(operator, {})).items[0];
const open = async () => (await listDeadLetters(operator, { limit: 200 })).items;

/** As if the batch had begun a minute earlier. */
async function minuteLater(): Promise<void> {
  await control.t.owner.query(
    "update redrive_batches set created_at = created_at - interval '61 s'",
  );
  await control.t.owner.query(
    "update redrive_batch_items set redriven_at = redriven_at - interval '61 s', not_before = null",
  );
}

test("a dry run counts and shows, and redrives nothing", async () => {
  await dead(2);
  await dead(1, "invalid_input");
  const dry = await bulk({ dryRun: true, maxPerMinute: 2 });
  expect(dry).toMatchObject({
    batchId: null,
    matched: 3,
    byReason: { unknown_handler: 2, invalid_input: 1 },
    minutes: 2,
  });
  expect(dry.sample).toHaveLength(3);
  expect(await bulk({ dryRun: true, filter: { reason: "invalid_input" } })).toMatchObject({
    matched: 1,
  });
  await control.sweepBatches();
  expect((await open()).map((letter) => letter.status)).toEqual(["new", "new", "new"]);
  expect((await listRedriveBatches(operator, {})).items).toEqual([]);
});

test("a batch keeps its pace, and is done when all have ended", async () => {
  await dead(7);
  expect(await bulk({ maxPerMinute: 3, stopOnRepeat: false })).toMatchObject({ matched: 7 });
  const begun = [];
  for (let minute = 0; minute < 4; minute++) {
    let inMinute = 0;
    for (let sweep = 0; sweep < 3; sweep++) inMinute += await control.sweepBatches();
    begun.push(inMinute);
    await control.work();
    await minuteLater();
  }
  // evenly: one at once, and three a minute from then on
  expect(begun).toEqual([1, 3, 3, 0]);
  await control.sweepBatches();
  expect(await batch()).toMatchObject({ status: "done", total: 7, succeeded: 7, failed: 0 });
  expect(await open()).toEqual([]);
});

test("a batch stops when too many fail again, and leaves the rest as it was", async () => {
  await dead(12);
  await bulk({ maxPerMinute: 6_000 });
  await minuteLater();
  // no more than five before anybody knows how they end
  expect(await control.sweepBatches()).toBe(5);
  expect(await control.sweepBatches()).toBe(0);
  await control.work(() => ({ code: "unknown_handler" }));
  expect(await control.sweepBatches()).toBe(0);
  expect(await batch()).toMatchObject({ status: "stopped", failed: 5, waiting: 7, redriving: 0 });
  const letters = await open();
  expect(letters.map((letter) => letter.version).toSorted((a, b) => a - b)).toEqual([
    ...Array.from({ length: 7 }, () => 1),
    ...Array.from({ length: 5 }, () => 3),
  ]);
  const { rows } = await control.t.owner.query(
    "select payload ->> 'status' as status from events where tenant_id = $1 and type = 'redrive_batch.ended'",
    [operator.tenantId],
  );
  expect(rows).toEqual([{ status: "stopped" }]);
});

test("a few that fail again do not stop it", async () => {
  await dead(12);
  await bulk({ maxPerMinute: 6_000 });
  await minuteLater();
  let failures = 0;
  for (let sweep = 0; sweep < 6; sweep++) {
    await control.sweepBatches();
    await control.work(() => ((failures += 1) === 5 ? { code: "unknown_handler" } : "ok"));
  }
  expect(await batch()).toMatchObject({ status: "done", succeeded: 11, failed: 1 });
});

test("what somebody else has dealt with meanwhile is passed over", async () => {
  await dead(2);
  await bulk();
  const [letter] = await open();
  await discardDeadLetter(again(operator), { deadLetterId: letter!.id, reason: "obsolete" });
  await minuteLater();
  await control.sweepBatches();
  expect(await control.work()).toEqual(["a"]);
  await control.sweepBatches();
  expect(await batch()).toMatchObject({ status: "done", succeeded: 1, skipped: 1 });
});

test("many sweepers redrive each letter once; a batch that is stopped begins nothing more", async () => {
  await dead(6);
  const { batchId } = await bulk({ maxPerMinute: 6_000, stopOnRepeat: false });
  await minuteLater();
  const swept = await Promise.all(Array.from({ length: 4 }, () => control.sweepBatches()));
  expect(swept.reduce((sum, n) => sum + n, 0)).toBe(6);
  const { rows } = await control.t.owner.query(
    "select count(*)::int as n from runs where redrive_of is not null and tenant_id = $1",
    [operator.tenantId],
  );
  expect(rows[0].n).toBe(6);
  await control.work(() => ({ code: "unknown_handler" }));
  await control.sweepBatches();

  const next = await bulk();
  const stopped = await stopRedriveBatch(again(operator), { batchId: next.batchId! });
  expect(stopped).toMatchObject({ status: "stopped", waiting: 6 });
  await minuteLater();
  expect(await control.sweepBatches()).toBe(0);
  expect(toUuid("redriveBatch", batchId!)).not.toBe(toUuid("redriveBatch", next.batchId!));
});
