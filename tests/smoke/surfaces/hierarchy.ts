import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentSessionView, RunView } from "@nofx/core/api";
import { isTerminalRun } from "@nofx/core/vocabulary";
import { defineAgent, task } from "@nofx/sdk";
import { z } from "zod";
import { check, type Step, type Target } from "../surface.ts";

/** Sessions of agents, over the public API: two agents of its own, a tree, quotas, a cancel that reaches all of it. */
export function hierarchy(target: Target): readonly Step[] {
  const { operator, supervisor, until, url } = target;
  const capability = `smoke.${randomUUID().slice(0, 8)}`;
  const names = [`${capability}-1`, `${capability}-2`];
  const stop = new AbortController();
  const ends: Promise<unknown>[] = [];
  let run: RunView;
  let session: AgentSessionView;

  const work = task(capability)
    .input(z.looseObject({ session: z.looseObject({ role: z.string() }).optional() }))
    .run(async (ctx, input) => {
      switch (input.session?.role) {
        case "lead":
          return { subtasks: [{ name: "a" }, { name: "b", strategy: "solo" }] };
        case "merger":
          return { merged: true };
        case "member":
          await delay(60_000, undefined, { signal: ctx.signal });
          return {};
        default:
          return { done: true };
      }
    });

  const submit = async (args: Record<string, unknown>): Promise<string> => {
    const { runs } = await operator.submitTasks(
      { tasks: [{ kind: "session", with: { capability, ...args } }] },
      randomUUID(),
    );
    return runs[0] ?? "";
  };
  const ended = (runId: string) =>
    until("the run's end", async () => {
      const found = await operator.run(runId);
      return isTerminalRun(found.status) ? found : undefined;
    });

  return [
    {
      name: "two agents are registered, each with a key of its own, and ask for work",
      async run() {
        for (const name of names) {
          await supervisor.createAgent({ name, capabilities: [capability] }, randomUUID());
          const { key } = await supervisor.issueAgentKey(name, {}, randomUUID());
          check(key !== null, "a new agent has no key");
          const agent = defineAgent({ tasks: [work], concurrency: 2 });
          ends.push(agent.run({ url, key, signal: stop.signal, onEvent: () => {} }));
        }
        return names.join(", ");
      },
    },
    {
      name: "a lead splits its work, one part is a session of its own, a merger puts it together",
      async run() {
        run = await ended(await submit({ strategy: "hierarchical" }));
        const step = run.stepList.find(({ kind, name }) => kind === "session" && name === "task");
        check(run.status === "succeeded", `the run ${run.status}: ${step?.error?.message ?? ""}`);
      },
    },
    {
      name: "the tree of the run says who did what",
      async run() {
        const { items } = await operator.hierarchy(run.id);
        const paths = items.map(({ path }) => path).toSorted();
        const made = ["task", "task/merge", "task/split", "task/w-a", "task/w-b", "task/w-b/do"];
        check(JSON.stringify(paths) === JSON.stringify(made), `it has ${paths.join(", ")}`);
        for (const { kind, agent, path } of items) {
          check(kind === "session" || agent !== null, `nobody is named for ${path}`);
        }
        return `${items.length} places`;
      },
    },
    {
      name: "why the strategy was chosen is on record, with how it went",
      async run() {
        const { items } = await operator.sessions({ runId: run.id });
        session = items.find(({ depth }) => depth === 0) as AgentSessionView;
        const { items: decisions } = await supervisor.dispatchDecisions({});
        const decision = decisions.find(({ id }) => id === session.decisionId);
        check(decision?.outcome?.succeeded === true, "the decision has no outcome");
        return decision.reason;
      },
    },
    {
      name: "a swarm over its quota is refused, and nothing of it begins",
      async run() {
        const swarm = { strategy: "swarm", agents: { n: 3 }, fanOut: 2 };
        const refused = await ended(await submit(swarm));
        const error = refused.stepList[0]?.error;
        check(error?.code === "quota_exceeded", `it ended with ${error?.code ?? refused.status}`);
        check(refused.stepList.length === 1, "something of it began");
        return error.message;
      },
    },
    {
      name: "a cancel reaches every place of the tree",
      async run() {
        const runId = await submit({ strategy: "swarm", agents: { n: 4 } });
        await until("somebody at work", async () => {
          const { items } = await operator.hierarchy(runId);
          return items.find(({ agent }) => agent !== null);
        });
        await operator.cancelRun(runId, {}, randomUUID());
        const cancelled = await ended(runId);
        const left = cancelled.stepList.filter(({ status }) => status !== "cancelled");
        check(left.length === 0, `${left[0]?.name ?? ""} is ${left[0]?.status ?? ""}`);
      },
    },
    {
      name: "the agents end, and are retired",
      async run() {
        stop.abort();
        await Promise.all(ends);
        for (const name of names) await supervisor.changeAgent(name, "retire", {}, randomUUID());
      },
    },
  ];
}
