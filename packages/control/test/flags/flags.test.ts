import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { virtualClock, VirtualTime } from "@nofx/core/testing";
import { importBacklog } from "@nofx/control/backlog";
import {
  createFlagReader,
  isEnabled,
  listFlagChanges,
  listFlags,
  setFlag,
} from "@nofx/control/flags";
import { createPlan, executePlan } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { edgeConfigSource } from "../../src/flags/edge-config.ts";
import { backlog, shellItem } from "../fixtures.ts";

let plane: TestPlane;
beforeAll(async () => {
  plane = await createTestPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());

const PLAN = "FEATURE_AUTO_PLANNER";
const RUN = "FEATURE_PLANNER_EXECUTE";
const BACKLOG = backlog("bakery", [shellItem("bread")]);

describe("flags.set", () => {
  test("each path closes alone, is refused with what to do, and opens again", async () => {
    const tenant = await plane.tenant();
    const admin = await tenant.as("admin");
    const operator = await tenant.as("operator");
    await importBacklog(operator, BACKLOG);
    const { id: planId } = await createPlan(again(operator), { pack: "bakery" });

    await setFlag(admin, { name: PLAN, enabled: false, note: "Freeze before the audit" });
    await expect(createPlan(again(operator), { pack: "bakery" })).rejects.toMatchObject({
      code: "feature_off",
      detail: expect.stringContaining(`nofx flags set ${PLAN} on -m`),
    });
    await setFlag(again(admin), { name: RUN, enabled: false, note: "Nothing runs tonight" });
    await setFlag(again(admin), { name: PLAN, enabled: true, note: "The audit is over" });
    const { id: second } = await createPlan(again(operator), { pack: "bakery" });
    expect(second).not.toBe(planId);
    await expect(executePlan(again(operator), { planId: second })).rejects.toMatchObject({
      code: "feature_off",
      data: { flag: RUN },
    });
    await setFlag(again(admin), { name: RUN, enabled: true, note: "Morning" });
    await expect(executePlan(again(operator), { planId: second })).resolves.toMatchObject({
      steps: 1,
    });

    const { changes } = await listFlagChanges(operator);
    expect(changes.map(({ flag, enabled, note }) => [flag, enabled, note])).toEqual([
      [RUN, true, "Morning"],
      [PLAN, true, "The audit is over"],
      [RUN, false, "Nothing runs tonight"],
      [PLAN, false, "Freeze before the audit"],
    ]);
    const { flags } = await listFlags(operator);
    expect(flags[0]).toMatchObject({
      name: PLAN,
      enabled: true,
      source: "tenant",
      note: "The audit is over",
    });
  });

  test("is for admins, of their own tenant only", async () => {
    const tenant = await plane.tenant();
    const other = await plane.tenant();
    await expect(
      setFlag(await tenant.as("supervisor"), { name: PLAN, enabled: false, note: "?" }),
    ).rejects.toMatchObject({ code: "forbidden" });
    await setFlag(await tenant.as("admin"), { name: PLAN, enabled: false, note: "ours" });
    expect(await isEnabled(await tenant.as("viewer"), PLAN)).toBe(false);
    expect(await isEnabled(await other.as("viewer"), PLAN)).toBe(true);
    const { rows } = await plane.owner.query<{ key: string; value: boolean }>(
      "select key, value from config where tenant_id = $1",
      [tenant.id],
    );
    expect(rows).toEqual([{ key: PLAN, value: false }]);
  });

  test("a request that is repeated after the path was closed gets its first answer", async () => {
    const tenant = await plane.tenant();
    const operator = await tenant.as("operator");
    await importBacklog(operator, BACKLOG);
    const key = randomUUID();
    const first = await createPlan(again(operator, key), { pack: "bakery" });
    await setFlag(await tenant.as("admin"), { name: PLAN, enabled: false, note: "off" });
    expect((await createPlan(again(operator, key), { pack: "bakery" })).id).toBe(first.id);
  });
});

describe("the reader", () => {
  const off = { [PLAN]: false };

  test("keeps what it has read for three seconds, an error not at all", async () => {
    const time = new VirtualTime();
    const clock = virtualClock(time);
    const reader = createFlagReader({ clock });
    let asked = 0;
    const table = async () => {
      asked += 1;
      if (asked === 1) throw new Error("down");
      return asked === 2 ? {} : off;
    };
    await expect(reader.read("t", table)).rejects.toThrow("down");
    expect(await reader.read("t", table)).toEqual({});
    await time.advance(2_999);
    expect(await reader.read("t", table)).toEqual({});
    await time.advance(1);
    expect(await reader.read("t", table)).toEqual(off);
    reader.changed("t", new Date());
    await reader.read("t", table);
    expect(asked).toBe(4);
  });

  test("the environment forces a flag and says so", async () => {
    const tenant = await plane.tenant();
    const admin = await tenant.as("admin");
    const forced = {
      ...plane.plane,
      flags: createFlagReader({ clock: plane.plane.clock, environment: { [RUN]: false } }),
    };
    const { flags } = await listFlags({ ...admin, plane: forced });
    expect(flags.map(({ enabled, source }) => [enabled, source])).toEqual([
      [true, "default"],
      [false, "environment"],
    ]);
  });

  test("asks an Edge Config first, and the table where that is silent, old, slow or broken", async () => {
    const time = new VirtualTime();
    const clock = virtualClock(time);
    const edge = await fakeEdgeConfig();
    const source = edgeConfigSource(edge.connection);
    const table = async () => ({ [PLAN]: true });
    const read = () => createFlagReader({ clock, source }).read("tenant-1", table);

    edge.answer = { status: 200, item: { [PLAN]: false, [RUN]: "on", other: 1 } };
    expect(await read()).toEqual({ [PLAN]: false, [RUN]: true });
    expect(edge.asked.at(-1)).toEqual({
      path: "/ecfg_local/item/nofx_flags_tenant-1",
      auth: "Bearer secret",
    });
    edge.answer = { status: 404, item: null };
    expect(await read()).toEqual({ [PLAN]: true });
    for (const status of [401, 500]) {
      edge.answer = { status, item: null };
      expect(await read()).toEqual({ [PLAN]: true });
    }

    // a copy from before the newest change that is known here counts no more
    const reader = createFlagReader({ clock, source });
    edge.answer = { status: 200, item: { [PLAN]: false, at: "2026-11-21T10:00:00Z" } };
    reader.changed("tenant-1", new Date("2026-11-21T10:00:01Z"));
    expect(await reader.read("tenant-1", table)).toEqual({ [PLAN]: true });
    reader.changed("tenant-1", new Date("2026-11-21T10:00:00Z"));
    expect(await reader.read("tenant-1", table)).toEqual({ [PLAN]: false });

    const stuck = createFlagReader({ clock, source: { read: () => new Promise(() => {}) } });
    const answer = stuck.read("tenant-1", table);
    await time.advance(500);
    expect(await answer).toEqual({ [PLAN]: true });
    await edge.close();
    expect(await read()).toEqual({ [PLAN]: true });
  });
});

/** Speaks what @vercel/edge-config asks: GET {base}/item/{key}?version=1 with a bearer token. */
async function fakeEdgeConfig() {
  const fake = {
    connection: "",
    answer: { status: 200, item: null as unknown },
    asked: [] as { path: string; auth: string | undefined }[],
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    fake.asked.push({ path: pathname, auth: request.headers.authorization });
    response.writeHead(fake.answer.status, {
      "content-type": "application/json",
      "x-edge-config-digest": "1",
      connection: "close",
    });
    response.end(JSON.stringify(fake.answer.item));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  fake.connection = `http://127.0.0.1:${port}/ecfg_local?token=secret`;
  return fake;
}
