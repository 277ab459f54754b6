import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "@nofx/db/testing";
import type { Strategy } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createApi, type Api } from "../../apps/cli/src/client/api.ts";
import { CREW_CAPABILITY } from "../../apps/cli/src/demo/crew.ts";
import { runStrategy } from "../../apps/cli/src/demo/run-strategy.ts";
import type { Person, TestWeb } from "../../apps/web/test/test-web.ts";
import { runSteps } from "../smoke/run-surface.ts";
import type { Target } from "../smoke/surface.ts";
import { hierarchy } from "../smoke/surfaces/hierarchy.ts";

// Sessions by the public API alone: people over REST, agents of the SDK in processes of their own, a worker that carries them out.

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));

const WEB: string = "../../apps/web/test/start-web.ts";
const WORKER = fileURLToPath(new URL("../../apps/worker/src/main.ts", import.meta.url));

let web: TestWeb;
let worker: ChildProcess;
let folder: string;
let agents: string;
let operator: Api;
let supervisor: Api;
let stranger: Api;

/** The web server's own handlers, asked as if over the network. */
function apiOf(person: Person): Api {
  const ask = async (input: string | URL | Request, init: RequestInit = {}) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const { body } = init;
    return web.rest(`${pathname}${search}`, {
      method: init.method ?? "GET",
      headers: Object.fromEntries(new Headers(init.headers)),
      key: null,
      ...(typeof body === "string" ? { body } : {}),
    });
  };
  return createApi({ baseUrl: "http://nofx.test", accessToken: person.token, fetch: ask });
}

beforeAll(async () => {
  web = await ((await import(WEB)) as { startWeb: () => Promise<TestWeb> }).startWeb();
  const [here, elsewhere] = [await web.tenant(), await web.tenant()];
  operator = apiOf(await web.person({ tenantId: here.id, role: "operator" }));
  supervisor = apiOf(await web.person({ tenantId: here.id, role: "supervisor" }));
  stranger = apiOf(await web.person({ tenantId: elsewhere.id, role: "admin" }));
  folder = mkdtempSync(join(tmpdir(), "nofx-hierarchy-"));
  worker = spawn(process.execPath, [WORKER], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      DATABASE_DIRECT_URL: web.stack.database.url("nofx_worker"),
      DATABASE_GATEWAY_URL: web.stack.database.url("nofx_agent_gateway"),
      SUPABASE_URL: web.stack.gatewayUrl,
      SUPABASE_ANON_KEY: web.stack.keys.publishableKey,
      SUPABASE_JWT_SECRET: web.stack.keys.jwtSecret,
      NOFX_GATEWAY_PORT: "0",
      NOFX_AGENT_LEASE_SECONDS: "2",
      NOFX_REGION: "here-1",
      NOFX_WORKSPACES: join(folder, "workspaces"),
      NOFX_WORKSPACE_ROOT: folder,
    },
  });
  let said = "";
  worker.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  agents = await until("the worker serves", () => /"gateway":"([^"]+)"/.exec(said)?.[1]);
});
afterAll(async () => {
  worker.kill("SIGKILL");
  await web[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const PROVE = process.env["PROVE"] === "1";
const SHORT: Strategy[] = ["pair", "swarm"];
const ALL: Strategy[] = ["solo", "pair", "hierarchical", "swarm"];

test.each(PROVE ? ALL : SHORT)(
  "%s: agents in processes of their own, one is killed, and the run ends well",
  async (strategy) => {
    const said: string[] = [];
    const { id: runId } = await runStrategy({
      operator,
      supervisor,
      agents,
      strategy,
      signal: AbortSignal.timeout(90_000),
      say: (line) => said.push(line),
      workMs: 300,
    });
    expect(said.join("\n")).toContain("is killed while it does");

    const { items: nodes, total } = await operator.hierarchy(runId);
    expect(total).toBe(nodes.length);
    expect(nodes[0]).toMatchObject({
      depth: 0,
      path: "task",
      role: "lead",
      region: "here-1",
      session: { strategy, status: "succeeded" },
    });
    for (const { depth, parentStepId } of nodes.slice(1)) {
      expect(depth).toBe(1);
      expect(parentStepId).toBe(nodes[0]?.stepId);
    }
    const first = await operator.hierarchy(runId, { limit: 1 });
    const rest = await operator.hierarchy(runId, { cursor: first.nextCursor ?? "" });
    expect([...first.items, ...rest.items]).toEqual(nodes);

    const { items } = await operator.sessions({ runId });
    const session = await operator.agentSession(items[0]?.id ?? "");
    expect(session).toMatchObject({ strategy, asked: strategy, status: "succeeded" });
    expect(session.decisionId).not.toBeNull();
    // who was killed is on record, and so is who took over
    expect(session.engagements.map(({ outcome }) => outcome)).toContain("lost");
    expect(session.verdicts.map(({ verdict }) => verdict)).toEqual(
      strategy === "pair" ? ["revise", "accept"] : [],
    );

    await expect(stranger.hierarchy(runId)).rejects.toMatchObject({ code: "not_found" });
    await expect(stranger.agentSession(session.id)).rejects.toMatchObject({ code: "not_found" });
    expect((await stranger.sessions({ runId })).items).toEqual([]);
  },
  100_000,
);

test("with auto the dispatcher chooses, says why, and learns how it went", async () => {
  const { runs } = await operator.submitTasks(
    {
      tasks: [
        {
          kind: "session",
          with: { capability: CREW_CAPABILITY, seconds: 1, input: { numbers: [1] } },
        },
      ],
    },
    crypto.randomUUID(),
  );
  const runId = runs[0] ?? "";
  const session = await until("it has ended", async () => {
    const { items } = await operator.sessions({ runId });
    return items[0]?.status === "running" ? undefined : items[0];
  });
  // nobody is there to do it: its time is a quota too
  expect(session).toMatchObject({ asked: "auto", status: "failed" });
  expect(session.error?.code).toBe("deadline_exceeded");
  const { items } = await supervisor.dispatchDecisions({});
  const decision = items.find(({ id }) => id === session.decisionId);
  expect(decision).toMatchObject({ strategy: session.strategy, capability: CREW_CAPABILITY });
  expect(decision?.reason).not.toBe("");
  expect(decision?.outcome).toMatchObject({ succeeded: false });
});

// the same steps as `npm run smoke:cloud -- --surface=hierarchy`
test.each(PROVE ? [hierarchy] : [])(
  "the smoke surface passes",
  async (surface) => {
    const tally = { passed: 0, failed: 0, skipped: 0 };
    const said: string[] = [];
    const target: Target = {
      url: agents,
      operator,
      supervisor,
      auditKey: undefined,
      until: (what, look) => until(what, look, 60_000),
    };
    await runSteps(surface(target), tally, (line) => said.push(line));
    expect({ tally, said }).toMatchObject({ tally: { passed: 7, failed: 0, skipped: 0 } });
  },
  120_000,
);
