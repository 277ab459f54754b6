import { readFileSync, rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPlane, type MemberContext, type Plane } from "@nofx/control/command";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { pullPlug } from "@nofx/control/workers";
import { toId } from "@nofx/core/vocabulary";
import { seedRun, startTestStack, until, type TestStack } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startPlug } from "../src/plug/start-plug.ts";
import { startWorker } from "../src/system/servers.ts";
import { System } from "../src/system/system.ts";

// The plug as people pull it: real workers under the supervisor, the command of the API, the fence of the engine.

const LEASE_SECONDS = 2;
const told: string[] = [];
let home: string;
let stack: TestStack;
let test: TestPlane;
let system: System;
let plug: { url: string; token: string };
let plane: Plane;
let operator: MemberContext;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "nofx-plug-"));
  stack = await startTestStack();
  const { database, gatewayUrl, keys } = stack;
  const supabase = {
    url: gatewayUrl,
    anonKey: keys.publishableKey,
    jwtSecret: keys.jwtSecret,
    database,
  };
  test = await createTestPlane(supabase);
  system = new System({
    home,
    command: "test",
    signal: new AbortController().signal,
    tell: (text) => told.push(text),
  });
  const addresses = {
    databaseUrls: {
      nofx_worker: database.url("nofx_worker"),
      nofx_agent_gateway: database.url("nofx_agent_gateway"),
    },
    gatewayUrl,
    publishableKey: keys.publishableKey,
    jwtSecret: keys.jwtSecret,
  };
  const start = (name: string) =>
    startWorker(system, 18_790, addresses, { name, leaseSeconds: LEASE_SECONDS });
  plug = await startPlug(system, {
    leaseSeconds: LEASE_SECONDS,
    startStandby: () => start("standby"),
  });
  await start("worker");
  plane = createPlane(
    {
      DATABASE_URL: database.url("nofx_web"),
      SUPABASE_URL: gatewayUrl,
      SUPABASE_ANON_KEY: keys.publishableKey,
      SUPABASE_JWT_SECRET: keys.jwtSecret,
      NOFX_PLUG_URL: plug.url,
      NOFX_PLUG_TOKEN: plug.token,
    },
    { applicationName: "plug" },
  );
  const tenant = await test.tenant();
  operator = { ...(await tenant.as("operator")), plane };
}, 60_000);
afterAll(async () => {
  await system.stop();
  await plane.close();
  await test[Symbol.asyncDispose]();
  await stack.stop();
  rmSync(home, { recursive: true, force: true });
});

/** The first attempt would take for ever; a later one ends at once. */
const PATIENT = {
  script: `
    echo "begin $NOFX_EPOCH" >> ledger
    if [ "$NOFX_EPOCH" = 1 ]; then
      while :; do echo tick >> ticks; sleep 0.1; done
    fi
    echo "end $NOFX_EPOCH" >> ledger`,
};

it("moves the lease on to the standby, which ends the run, and refuses what the thawed worker sends", async () => {
  const run = await seedRun(test.owner, operator.tenantId, [
    { name: "soak", arguments: PATIENT },
    { name: "after", needs: ["soak"], arguments: { script: ":" } },
  ]);
  const runId = toId("run", run.id);
  const soak = run.steps["soak"]!;
  const one = async (text: string, values: unknown[]) =>
    (await test.owner.query<Record<string, unknown>>(text, values)).rows[0];
  await until("the step runs", async () => {
    const step = await one("select status from steps where id = $1", [soak]);
    return step?.["status"] === "running";
  });
  const fileOf = (name: string) => readFileSync(join(home, "workspaces", run.id, name), "utf8");
  const ledger = () => fileOf("ledger");
  await until("its command runs", () => {
    try {
      return ledger().includes("begin 1") && fileOf("ticks").length > 0;
    } catch {
      return false;
    }
  });

  const pulled = await pullPlug(operator, { runId });
  expect(pulled).toEqual({
    worker: "worker",
    standby: "standby",
    stepId: toId("step", soak),
    stepName: "soak",
    epoch: 1,
    freezeSeconds: LEASE_SECONDS + 5,
  });
  const ticks = fileOf("ticks").length;
  // the same request again is answered and freezes nothing
  expect(await pullPlug({ ...operator, replayed: false }, { runId })).toEqual(pulled);

  await until(
    "the run succeeds",
    async () =>
      (await one("select status from runs where id = $1", [run.id]))?.["status"] === "succeeded",
    30_000,
  );
  // the command was frozen too: in those seconds it would have left dozens
  expect((fileOf("ticks").length - ticks) / "tick\n".length).toBeLessThan(8);
  await until(
    "the late settlement is refused",
    async () =>
      (await one("select refused_at from attempts where step_id = $1 and epoch = 1", [soak]))?.[
        "refused_at"
      ] !== null,
    30_000,
  );
  const attempts = await test.owner.query(
    "select epoch, executor, outcome, refused_outcome from attempts where step_id = $1 order by epoch",
    [soak],
  );
  expect(attempts.rows).toEqual([
    { epoch: 1, executor: "worker", outcome: "lost", refused_outcome: "released" },
    { epoch: 2, executor: "standby", outcome: "succeeded", refused_outcome: null },
  ]);
  expect(ledger().trim().split("\n")).toEqual(["begin 1", "begin 2", "end 2"]);
  const events = await test.owner.query(
    "select type, payload from events where run_id = $1 and type in ('worker.frozen', 'step.refused') order by xid, id",
    [run.id],
  );
  expect(events.rows).toMatchObject([
    { type: "worker.frozen", payload: { worker: "worker", step_id: soak, epoch: 1 } },
    { type: "step.refused", payload: { step_id: soak, epoch: 1, outcome: "released" } },
  ]);
  expect(told).toEqual([
    expect.stringContaining("worker is frozen for 7 s; standby takes over"),
    expect.stringContaining("worker is thawed"),
  ]);
  await expect(pullPlug(again(operator), { runId })).rejects.toMatchObject({
    code: "nothing_to_freeze",
  });
}, 90_000);

it("freezes one at a time, opens to nobody without the token, and knows its own workers only", async () => {
  const run = await seedRun(test.owner, operator.tenantId, [
    { name: "one", arguments: { script: "sleep 300" } },
  ]);
  const post = (path: string, token: string, body: object = {}) =>
    fetch(plug.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
  expect((await post("/freeze", "guess", { worker: "worker" })).status).toBe(401);
  expect((await fetch(`${plug.url}/freeze`)).status).toBe(401);
  expect((await post("/freeze", plug.token, { worker: "web" })).status).toBe(404);
  expect((await post("/freeze", plug.token, {})).status).toBe(400);
  expect((await post("/elsewhere", plug.token)).status).toBe(404);
  expect((await post("/standby", plug.token)).status).toBe(200);
  const runId = toId("run", run.id);
  await until("the step is held", async () => {
    const { rows } = await test.owner.query("select lease_owner from steps where run_id = $1", [
      run.id,
    ]);
    return rows[0]?.lease_owner !== null;
  });
  await pullPlug(again(operator), { runId });
  await until("a second one is refused", async () => {
    const refused = await pullPlug(again(operator), { runId }).catch((error: unknown) => error);
    return (refused as { code?: string }).code === "worker_frozen";
  });
  // the system stops in the meantime: what is frozen is thawed first, and ends like everything else
}, 60_000);
