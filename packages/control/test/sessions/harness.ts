import { randomUUID } from "node:crypto";
import type { AgentContext, Plane } from "@nofx/control/command";
import { createPlane } from "@nofx/control/command";
import type { SessionAnswer } from "@nofx/control/sessions";
import {
  claimSteps,
  completeStep,
  createWorkerEngine,
  failStep,
  type ClaimedStepRow,
  type WorkerEngine,
} from "@nofx/control/steps";
import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import type { ClaimedStep } from "@nofx/core/contract";
import { SessionWith } from "@nofx/core/vocabulary";
import { checkInvariants, seedAgent, seedRun } from "@nofx/db/testing";
import { expect } from "vitest";

/** What an agent makes of a step: a result, or the message of a failure for good. */
export type Part = (step: ClaimedStep) => Record<string, unknown> | { fails: string } | "die";

export interface Sessions {
  readonly t: TestPlane;
  readonly engine: WorkerEngine;
  agent(tenantId: string, capabilities?: string[]): Promise<AgentContext>;
  /** A run of one session's step called `s`. */
  run(tenantId: string, args: object): Promise<SessionRun>;
  claim(): Promise<ClaimedStepRow[]>;
  /** A worker takes one that it has claimed as far as it goes. */
  take(step: ClaimedStepRow): Promise<void>;
  /** A worker takes the sessions that have something to hear, once; answers the names of their steps. */
  hear(): Promise<string[]>;
  /** An agent takes what there is for it and does its part; answers the names. */
  act(agent: AgentContext, part: Part, max?: number): Promise<string[]>;
  /** Both in turn, until nothing is left. */
  settle(agents: readonly AgentContext[], part: Part): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SessionRun {
  readonly runId: string;
  readonly stepId: string;
  row(): Promise<Record<string, unknown>>;
  step(name?: string): Promise<Record<string, unknown>>;
  steps(): Promise<Record<string, string>>;
  status(): Promise<string>;
}

const HANDLERS = ["session@1"];
const LEASE_MS = 30_000;

export async function startSessions(): Promise<Sessions> {
  const t = await createTestPlane();
  const gateway: Plane = createPlane(
    {
      DATABASE_URL: t.database.url("nofx_agent_gateway"),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "none",
      SUPABASE_JWT_SECRET: "none",
    },
    { applicationName: "agents" },
  );
  const engine = createWorkerEngine({
    connectionString: t.database.url("nofx_worker"),
    worker: "w1",
    region: "here-1",
  });
  const exchange = (request: object) =>
    engine.exchange({
      version: "1.0.0",
      handlers: HANDLERS,
      settlements: [],
      renewals: [],
      want: 0,
      leaseMs: LEASE_MS,
      ...request,
    });

  async function take(step: ClaimedStepRow): Promise<void> {
    const held = { stepId: step.id, epoch: step.epoch };
    const answer = await engine.session(held, SessionWith.parse(step.arguments));
    if (answer.held) return;
    const { outcome } = answer;
    await exchange({ settlements: [settlementOf(held, outcome)] });
  }

  const claim = async () => (await exchange({ want: 10 })).claimed;

  async function hear(): Promise<string[]> {
    const claimed = await claim();
    for (const step of claimed) await take(step);
    return claimed.map(({ name }) => name);
  }

  async function act(agent: AgentContext, part: Part, max = 100): Promise<string[]> {
    const request = { capabilities: [...agent.capabilities], max, waitSeconds: 0, worker: "a" };
    const { steps } = await claimSteps(fresh(agent), request);
    for (const step of steps) {
      const made = part(step);
      if (made === "die") continue;
      const { epoch } = step;
      if ("fails" in made) {
        const error = { code: "agent_permanent_error" as const, message: String(made.fails) };
        await failStep(fresh(agent), step.id, { epoch, error });
      } else {
        await completeStep(fresh(agent), step.id, { epoch, output: made });
      }
    }
    return steps.map(({ name }) => name);
  }

  return {
    t,
    engine,
    claim,
    take,
    hear,
    act,
    async agent(tenantId, capabilities = ["work"]) {
      const { id } = await seedAgent(t.owner, tenantId, { capabilities });
      return contextOf(gateway, tenantId, id, capabilities);
    },
    async run(tenantId, args) {
      const run = await seedRun(t.owner, tenantId, [
        { name: "s", kind: "session", arguments: SessionWith.parse(args) },
      ]);
      const one = async (sql: string, values: unknown[]) =>
        (await t.owner.query(sql, values)).rows[0] as Record<string, unknown>;
      return {
        runId: run.id,
        stepId: run.steps["s"]!,
        row: () => one("select * from agent_sessions where step_id = $1", [run.steps["s"]]),
        step: (name = "s") =>
          one("select * from steps where run_id = $1 and name = $2", [run.id, name]),
        steps: async () =>
          Object.fromEntries(
            (
              await t.owner.query(
                "select name, status from steps where run_id = $1 order by name",
                [run.id],
              )
            ).rows.map(({ name, status }) => [name, status]),
          ),
        status: async () =>
          String((await one("select status from runs where id = $1", [run.id]))["status"]),
      };
    },
    async settle(agents, part) {
      for (let idle = 0; idle < 2;) {
        const heard = await hear();
        let acted = 0;
        for (const agent of agents) acted += (await act(agent, part)).length;
        idle = heard.length + acted === 0 ? idle + 1 : 0;
      }
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      await gateway.close();
      await t[Symbol.asyncDispose]();
    },
  };
}

function settlementOf(
  held: { stepId: string; epoch: number },
  outcome: Extract<SessionAnswer, { held: false }>["outcome"],
) {
  switch (outcome.status) {
    case "succeeded":
      return { ...held, outcome: "succeeded", output: outcome.output } as const;
    case "called_off":
      return { ...held, outcome: "released" } as const;
    case "failed": {
      const { code, message } = outcome;
      return { ...held, outcome: "failed", error: { code, message } } as const;
    }
  }
}

/** Each request of an agent has a key of its own. */
export function fresh(agent: AgentContext): AgentContext {
  return { ...agent, idempotencyKey: randomUUID(), replayed: false };
}

function contextOf(
  plane: Plane,
  tenantId: string,
  id: string,
  capabilities: string[],
): AgentContext {
  return {
    plane,
    actor: { type: "agent", id },
    tenantId,
    name: `agent-${id}`,
    capabilities,
    keyId: randomUUID(),
    by: "key",
    scopes: ["steps:run"],
    keyScopes: ["steps:run"],
    expiresAt: null,
    status: "active",
    statusBy: "person",
    statusReason: null,
    maxConcurrency: null,
    correlationId: randomUUID(),
    replayed: false,
  };
}

/** The role of a step in its session, as its agent reads it. */
export function roleOf(step: ClaimedStep): string {
  return (step.input["session"] as { role?: string } | undefined)?.role ?? "solo";
}

/** Whatever happened, what must hold of runs, steps and attempts holds. */
export async function expectInvariants({ t }: Sessions): Promise<void> {
  const checked = await checkInvariants(async (sql) => (await t.owner.query(sql)).rows);
  expect(checked.filter(({ broken }) => broken.length > 0)).toEqual([]);
}
