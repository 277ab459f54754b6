import type { MemberContext } from "@nofx/control/command";
import {
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  redriveDeadLetter,
  revealDeadLetter,
  triageDeadLetter,
} from "@nofx/control/dead-letters";
import { again, type TestTenant } from "@nofx/control/testing";
import type { DeadLetterSummary } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusal, shellItem } from "../fixtures.ts";
import { startControl, type ControlPlane } from "../run-control/harness.ts";

const SECRET = `AKIA${"ABCDEFGH".repeat(2)}`;

let control: ControlPlane;
let tenant: TestTenant;
let operator: MemberContext;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  tenant = await control.t.tenant();
  operator = await tenant.as("operator");
});

async function dead(code = "unknown_handler"): Promise<DeadLetterSummary> {
  await control.run(operator, [shellItem("a")]);
  await control.work(() => ({ code }));
  const [letter] = (await listDeadLetters(operator, { limit: 1 })).items;
  if (letter === undefined) throw new Error("nothing died");
  return letter;
}

test("the list is filtered by status, stage, reason and run, and cut into pages", async () => {
  const one = await dead();
  const two = await dead("invalid_input");
  const three = await dead("poison_crash");
  await discardDeadLetter(again(operator), { deadLetterId: three.id, reason: "obsolete" });
  const ids = async (filter: object) =>
    (await listDeadLetters(operator, filter)).items.map((letter) => letter.id);
  expect(await ids({})).toEqual([two.id, one.id]);
  expect(await ids({ status: "all" })).toEqual([three.id, two.id, one.id]);
  expect(await ids({ status: "discarded" })).toEqual([three.id]);
  expect(await ids({ stage: "input" })).toEqual([two.id]);
  expect(await ids({ reason: "unknown_handler" })).toEqual([one.id]);
  expect(await ids({ runId: two.runId })).toEqual([two.id]);
  const page = await listDeadLetters(operator, { status: "all", limit: 2 });
  expect(await ids({ status: "all", limit: 2, cursor: page.nextCursor ?? "" })).toEqual([one.id]);
});

test("secrets in a payload are hidden, and shown to an admin, who is written down", async () => {
  const letter = await dead();
  await control.t.owner.query("update dead_letters set payload = $2, error = $3 where id = $1", [
    toUuid("deadLetter", letter.id),
    { command: ["push", SECRET], env: { MODE: "fast" } },
    { code: "unclassified", message: `refused ${SECRET}` },
  ]);
  const seen = await getDeadLetter(operator, { deadLetterId: letter.id });
  expect(JSON.stringify(seen)).not.toContain(SECRET);
  expect(seen).toMatchObject({
    payload: { command: ["push", "(hidden: an AWS access key)"], env: { MODE: "fast" } },
    masked: ["/command/1"],
    revealed: false,
  });
  const supervisor = await tenant.as("supervisor");
  const refused = await refusal(revealDeadLetter(supervisor, { deadLetterId: letter.id }));
  expect(refused).toMatchObject({ code: "forbidden", data: { needed: ["admin"] } });
  const admin = await tenant.as("admin");
  const shown = await revealDeadLetter(admin, { deadLetterId: letter.id });
  expect(shown).toMatchObject({ payload: { command: ["push", SECRET] }, revealed: true });
  const { rows } = await control.t.owner.query(
    "select actor_id from audit_log where tenant_id = $1 and verb = 'dead_letter.revealed'",
    [tenant.id],
  );
  expect(rows).toEqual([{ actor_id: admin.actor.id }]);
  // what is revealed is kept nowhere else
  const kept = await control.t.owner.query(
    "select 1 from idempotency_keys where response::text like '%' || $1 || '%'",
    [SECRET],
  );
  expect(kept.rowCount).toBe(0);
});

test("a note makes it triaged; whoever decides on what has changed since is told", async () => {
  const letter = await dead();
  const seen = await triageDeadLetter(again(operator), {
    deadLetterId: letter.id,
    note: "the queue was full",
    version: letter.version,
  });
  expect(seen).toMatchObject({
    status: "triaged",
    note: "the queue was full",
    triagedBy: "operator",
    version: letter.version + 1,
  });
  const stale = { deadLetterId: letter.id, version: letter.version };
  for (const command of [
    () => triageDeadLetter(again(operator), { ...stale, note: "x" }),
    () => discardDeadLetter(again(operator), { ...stale, reason: "x" }),
    () => redriveDeadLetter(again(operator), stale),
  ]) {
    expect(await refusal(command())).toMatchObject({
      code: "conflict",
      data: { status: "triaged", version: letter.version + 1 },
    });
  }
});

test("a discarded letter stays discarded", async () => {
  const letter = await dead();
  const ctx = again(operator);
  const input = { deadLetterId: letter.id, reason: "nobody needs it" };
  const gone = await discardDeadLetter(ctx, input);
  expect(gone).toMatchObject({ status: "discarded", note: "nobody needs it", actions: [] });
  expect(await discardDeadLetter(again(ctx, ctx.idempotencyKey), input)).toEqual(gone);
  const error = await refusal(redriveDeadLetter(again(operator), { deadLetterId: letter.id }));
  expect(error).toMatchObject({ code: "conflict", data: { status: "discarded" } });
});

test("a viewer looks and changes nothing", async () => {
  const letter = await dead();
  const viewer = await tenant.as("viewer");
  await getDeadLetter(viewer, { deadLetterId: letter.id });
  const input = { deadLetterId: letter.id };
  for (const command of [
    () => triageDeadLetter(again(viewer), { ...input, note: "x" }),
    () => discardDeadLetter(again(viewer), { ...input, reason: "x" }),
    () => redriveDeadLetter(again(viewer), input),
  ]) {
    expect((await refusal(command())).code).toBe("forbidden");
  }
});
