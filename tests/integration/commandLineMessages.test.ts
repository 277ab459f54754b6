import { toId } from "@nofx/core/vocabulary";
import { seedRun } from "@nofx/db/testing";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import {
  nofx,
  nofxJson,
  said,
  startCommandLine,
  type CommandLine,
} from "./fixtures/command-line.ts";

// What is said in runs, and how it is held and destroyed: as typed, over HTTP, against the web's own handlers.

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));
// A test types many commands, and each signs in anew: slow machines have the time.
vi.setConfig({ testTimeout: 90_000 });

let line: CommandLine;
beforeAll(async () => {
  line = await startCommandLine({
    supervisor: "supervisor",
    operator: "operator",
    admin: "admin",
  });
});
afterAll(() => line[Symbol.asyncDispose]());
afterEach(async () => (await load.as()).actAs(undefined));

// Loaded only when the home is there: its place is read once.
const load = {
  as: () => import("../../apps/cli/src/client/acting-as.ts"),
  errors: () => import("../../apps/cli/src/errors.ts"),
  approvals: () => import("../../apps/cli/src/commands/approvals.ts"),
};

const idIn = (text: string, kind: string) =>
  new RegExp(`${kind}_[0-9a-z]{26}`).exec(text)?.[0] ?? "";

async function aRun() {
  const run = await seedRun(line.web.owner, line.tenantId, [{ name: "a", kind: "agent" }]);
  return { runId: toId("run", run.id), stepId: toId("step", run.steps["a"] ?? "") };
}

/** A run to which this was said. */
async function spoken(...words: string[]) {
  const { runId } = await aRun();
  const sent = await nofx("messages", "send", runId, ...words);
  return { runId, message: idIn(sent, "msg"), conversation: idIn(sent, "conv") };
}

test("nofx messages: what was said, by type, for programs, and where nothing was", async () => {
  const { runId, stepId } = await aRun();
  expect(await nofx("messages", runId)).toBe("Nothing was said in this run.");
  expect(await nofx("messages", runId, "--json")).toBe("");
  const sent = await nofx("messages", "send", runId, "Wait for me");
  expect(sent).toMatch(/^✔ msg_\w{26}, number 1 of conv_\w{26}$/);
  const payload = '{"text": "Pay", "amount": 5}';
  await nofx("messages", "send", runId, "--json", payload, "--type", "x.order");
  await nofx("messages", "send", runId, "To one", "--to", `step:${stepId}/mail`);

  const all = (await nofx("messages", "list", runId)).split("\n");
  expect(all).toHaveLength(3);
  expect(all[0]).toMatch(/^20\S+Z msg_\w{26} .* \(operator\) instruction\.given Wait for me$/);
  expect(all[0]).toContain(idIn(sent, "msg"));
  expect(all[1]).toMatch(/ x\.order Pay \{"amount":5\}$/);
  expect(all[2]).toMatch(/ → mail instruction\.given To one$/);
  expect(await nofx("messages", runId, "--type", "x.order")).toBe(all[1]);
  expect(await nofx("messages", runId, "--type", "x.other")).toBe(
    "Nothing of type x.other was said in this run.",
  );
  const lines = (await nofx("messages", runId, "--json")).split("\n");
  expect(lines.map((text) => JSON.parse(text) as object)).toMatchObject([
    { messageId: idIn(sent, "msg"), payload: { text: "Wait for me" } },
    { type: "x.order", payload: { text: "Pay", amount: 5 } },
    { to: { step: stepId, channel: "mail" } },
  ]);
  const nowhere = nofx("messages", "run_00000000000000000000000000");
  await expect(nowhere).rejects.toMatchObject({ code: "not_found" });
});

test("nofx messages send: what cannot be sent is wrong usage, and is said to nobody", async () => {
  const { runId } = await aRun();
  const { WrongUsage } = await load.errors();
  for (const [words, why] of [
    [[], "Give a text, or a payload by --json."],
    [["x", "--json", "1"], "Give a text, or a payload by --json."],
    [["--json", "{oops"], "--json takes JSON"],
    [["x", "--to", "nowhere"], "An address is written like step:step_01…/default"],
  ] as const) {
    const error = await nofx("messages", "send", runId, ...words).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(WrongUsage);
    expect(String(error)).toContain(why);
  }
  await expect(
    nofx("messages", "send", runId, "x", "--to", "agent:nobody/inbox"),
  ).rejects.toMatchObject({ code: "recipient_unknown" });
  await expect(nofx("messages", "send", runId, "x", "-t", "order.placed")).rejects.toMatchObject({
    code: "message_type_unknown",
  });
  expect(await nofx("messages", runId)).toBe("Nothing was said in this run.");
});

test("nofx redact: a message, a conversation and a run, whole, by field, by pattern or by text", async () => {
  expect(await nofx("redact", "list")).toBe("Nothing was redacted.");
  const payload = { text: "Write to ann@example.com", card: "of Ann" };
  const { runId, message, conversation } = await spoken("--json", JSON.stringify(payload));
  const redact = (id: string, ...how: string[]) => nofx("redact", id, ...how, "-m", "Not to be");
  const left = async () => {
    const found = JSON.parse(await nofx("messages", runId, "--json")) as { payload: unknown };
    return found.payload;
  };
  expect(await redact(message, "--pattern", "phones")).toMatch(
    /^! redaction_\w{26}: no message of it says that; copies are looked for until 20\S+Z$/,
  );
  expect(await left()).toEqual(payload);
  expect(await redact(message, "--pattern", "emails")).toMatch(
    /^✔ redaction_\w{26}: 1 message redacted; copies are gone by 20\S+Z$/,
  );
  expect(await left()).toEqual({ ...payload, text: "Write to [redacted]" });
  await redact(conversation, "--text", "Write");
  expect(await left()).toEqual({ ...payload, text: "[redacted] to [redacted]" });
  await redact(message, "--field", "/card", "--field", "/none");
  expect(await left()).toMatchObject({ card: "[redacted]" });
  expect(await nofx("messages", runId)).toMatch(/\[redacted\]"\} {2}redacted by .*: Not to be$/);
  expect(await redact(runId)).toContain("1 message redacted");
  expect(await left()).toBeNull();
  expect(await nofx("messages", runId)).toMatch(/ instruction\.given redacted by .*: Not to be$/);

  const [headings, ...rows] = (await nofx("redact", "list")).split("\n");
  expect(headings).toMatch(/^ {2}asked +redaction +status +what +of +by +why$/);
  expect(rows.map((row) => row.trim().split(/ {2,}/).toSpliced(0, 2).toSpliced(3, 1))).toEqual([
    ["applied", "whole", runId, "Not to be"],
    ["applied", "fields", message, "Not to be"],
    ["applied", "text", conversation, "Not to be"],
    ["applied", "pattern", message, "Not to be"],
    ["applied", "pattern", message, "Not to be"],
  ]);
  const { items } = await nofxJson<{ items: object[] }>("redact", "list");
  expect(items[0]).toMatchObject({ runId, how: "whole", messages: 1 });
  const { WrongUsage } = await load.errors();
  await expect(redact("step_1")).rejects.toThrow(WrongUsage);
  await expect(redact("msg_1")).rejects.toMatchObject({ code: "invalid_input" });
  await expect(redact(message, "--text", "Write", "--matching", "W")).rejects.toMatchObject({
    code: "invalid_input",
  });
});

test("nofx holds: what is held is redacted when a second person has said yes, and is held until it is lifted", async () => {
  const { actAs } = await load.as();
  const { decide } = await load.approvals();
  expect(await nofx("holds")).toBe("Nothing is held.");
  const { runId, message } = await spoken("A secret");
  const placed = await nofx("holds", "place", runId, "-m", "A court asks");
  const hold = idIn(placed, "hold");
  expect(placed).toBe(`✔ ${hold}: ${runId} is held`);
  expect(await nofx("holds")).toMatch(
    new RegExp(`^ {2}${hold} +${runId} +held since 20\\S+Z +\\S+ +A court asks$`),
  );

  const asked = await nofx("redact", message, "-m", "Not to be");
  const approval = idIn(asked, "approval");
  expect(asked).toMatch(/^… redaction_\w{26}: it is under a legal hold, so a second person/);
  expect(asked).toContain(`npx nofx --as admin approvals approve ${approval}`);
  expect(await nofx("redact", "list")).toMatch(new RegExp(`pending +whole +${message}`));
  expect(await nofx("messages", runId)).toContain("A secret");
  actAs("admin");
  await said(() => decide(approval, "approve", {}));
  actAs(undefined);
  expect(await nofx("messages", runId)).not.toContain("A secret");

  expect(await nofx("holds", "lift", hold)).toBe(`✔ ${runId} is held no more by ${hold}`);
  const all = await nofx("holds", "place", "-m", "All of it");
  expect(all).toMatch(/^✔ hold_\w{26}: everything in this tenant is held$/);
  const tenant = idIn(all, "hold");
  const [first, second] = (await nofx("holds", "list")).split("\n");
  expect(first).toMatch(new RegExp(`^ {2}${tenant} +the tenant +held since .*All of it$`));
  expect(second).toMatch(new RegExp(`^ {2}${hold} +${runId} +lifted 20\\S+Z .*A court asks$`));
  expect(await nofx("holds", "lift", tenant)).toMatch(/^✔ The tenant is held no more/);
  const { items } = await nofxJson<{ items: { liftedAt: string | null }[] }>("holds");
  expect(items.map(({ liftedAt }) => liftedAt !== null)).toEqual([true, true]);
  const { WrongUsage } = await load.errors();
  await expect(nofx("holds", "place", "step_1", "-m", "why")).rejects.toThrow(WrongUsage);
  await expect(nofx("holds", "lift", "hold_00000000000000000000000000")).rejects.toMatchObject({
    code: "not_found",
  });
});
