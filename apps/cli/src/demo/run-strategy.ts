import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { HierarchyNode, RunView } from "@nofx/core/api";
import { isTerminalRun, type Strategy } from "@nofx/core/vocabulary";
import type { Api } from "../client/api.ts";
import { Sentence } from "../errors.ts";
import { bold, dim, green, printable, red } from "../terminal/style.ts";
import { CREW_CAPABILITY, startCrew, type CrewApi } from "./crew.ts";
import { placeLine } from "./place-line.ts";

export interface StrategyDemo {
  operator: Pick<Api, "submitTasks" | "run" | "hierarchy" | "sessions">;
  supervisor: CrewApi;
  /** Where agents ask for work. */
  agents: string;
  strategy: Strategy;
  signal: AbortSignal;
  say: (line: string) => void;
  /** How long each of them thinks. */
  workMs?: number;
  env?: NodeJS.ProcessEnv;
}

const CREW = 3;
const LOOK_MS = 200;
const NUMBERS = Array.from({ length: 40 }, (_, i) => (i + 1) ** 2);
const TOTAL = NUMBERS.reduce((total, one) => total + one, 0);

/** What a session of each strategy is asked for, beside the numbers. */
const ASKED: Record<Strategy, Record<string, unknown>> = {
  solo: {},
  pair: { rounds: 3 },
  hierarchical: {},
  swarm: { mode: "vote", agents: { n: CREW } },
};

/**
 * Several agents, each in a process of its own, work on one thing by a strategy. One of them is killed in the middle of its work; the
 * others stand in for it, and the run ends as it should.
 */
export async function runStrategy(options: StrategyDemo): Promise<RunView> {
  const { operator, supervisor, strategy, say, env, workMs = 1_500 } = options;
  await using crew = await startCrew({
    api: supervisor,
    url: options.agents,
    size: CREW,
    ...(env === undefined ? {} : { env }),
  });
  const args = {
    ...ASKED[strategy],
    strategy,
    capability: CREW_CAPABILITY,
    input: { numbers: NUMBERS, workMs },
  };
  const { runs } = await operator.submitTasks(
    {
      tasks: [{ kind: "session", with: args, title: `Add ${NUMBERS.length} numbers: ${strategy}` }],
    },
    randomUUID(),
  );
  const runId = runs[0] ?? "";
  say(
    `${bold(strategy)}: ${crew.names.length} agents, each in a process of its own; run ${dim(runId)}`,
  );

  let killed: string | undefined;
  const shown = new Map<string, string>();
  for (;;) {
    const { items } = await operator.hierarchy(runId);
    for (const line of changesOf(items, shown)) say(line);
    const holder = items.find(
      ({ kind, status, agent }) => kind === "agent" && isHeld(status) && agent !== null,
    );
    if (killed === undefined && holder?.agent != null && crew.kill(holder.agent.name)) {
      killed = holder.agent.name;
      say(`${red("✖")} ${killed} is killed while it does ${printable(holder.path)}`);
    }
    const run = await operator.run(runId);
    if (isTerminalRun(run.status)) {
      for (const line of changesOf((await operator.hierarchy(runId)).items, shown)) say(line);
      judge(run, killed);
      const { items: sessions } = await operator.sessions({ runId });
      const rounds = sessions[0]?.rounds ?? 0;
      say(
        `${green("✔")} ${bold("Done")}: the total is ${TOTAL}${rounds === 0 ? "" : ` after ${rounds} reviews`}, although ${killed} was killed.`,
      );
      return run;
    }
    await delay(LOOK_MS, undefined, { signal: options.signal });
  }
}

function judge(run: RunView, killed: string | undefined): void {
  const step = run.stepList.find(({ kind }) => kind === "session");
  if (run.status !== "succeeded") {
    throw new Sentence(`The run ${run.status}: ${step?.error?.message ?? "no reason given"}`);
  }
  if (killed === undefined) throw new Sentence("The run ended before anybody could be killed.");
  const { total } = (step?.output ?? {}) as { total?: unknown };
  if (total !== TOTAL) throw new Sentence(`The total is ${String(total)}, and should be ${TOTAL}.`);
}

const isHeld = (status: HierarchyNode["status"]) => status === "assigned" || status === "running";

/** A line for each place of the tree that stands otherwise than before. */
function changesOf(nodes: readonly HierarchyNode[], shown: Map<string, string>): string[] {
  return nodes.flatMap((node) => {
    const now = `${isHeld(node.status) ? "held" : node.status} ${node.attempts}`;
    if (node.status === "queued" || shown.get(node.stepId) === now || node.kind !== "agent")
      return [];
    shown.set(node.stepId, now);
    return [placeLine(node)];
  });
}
