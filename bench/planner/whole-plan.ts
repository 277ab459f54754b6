import { createHash } from "node:crypto";
import { estimateStep } from "@nofx/core/estimates";
import { forecastPlan, planProblem, timetableOf } from "@nofx/core/forecasts";
import { judgePlan, planDigestInput } from "@nofx/core/gates";
import { DEFAULT_PLAN_RULES, layoutPlan, planBacklog, validateBacklog } from "@nofx/core/planner";
import { diffPlans } from "@nofx/core/planner/diff";
import { start } from "@nofx/core/planner/schedule";
import { MAX_IMPORT_ITEMS } from "@nofx/core/vocabulary";

const BACK = [1, 7, 31];

/** Rows of a backlog: three needs each, some with a lag, some with a resource of their own. */
function rowsOf(size: number) {
  return Array.from({ length: size }, (_, i) => ({
    id: `item-${i}`,
    title: `Item ${i}`,
    kind: "shell",
    with: { command: ["true"] },
    owner: "team",
    priority: 1 + (i % 5),
    needs: BACK.map((back) => i - back * (1 + (i % 17)))
      .filter((j) => j >= 0)
      .map((j, n) =>
        i % 50 === 0 && n === 0 ? { item: `item-${j}`, lagSeconds: 60 } : `item-${j}`,
      ),
    ...(i % 20 === 0 && { resources: [`repo:${i % 7}`] }),
  }));
}

/** One row: what planning takes that needs no database, part by part, and the whole in microseconds a step. */
export function wholePlan(size: number): string {
  const spent: number[] = [];
  const timed = <T>(work: () => T): T => {
    const began = performance.now();
    const result = work();
    spent.push(performance.now() - began);
    return result;
  };
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const rows = rowsOf(size);
  // an import has a limit; packs grow beyond it by several
  const items = timed(() => {
    const chunks = Array.from({ length: Math.ceil(size / MAX_IMPORT_ITEMS) }, (_, n) =>
      rows.slice(n * MAX_IMPORT_ITEMS, (n + 1) * MAX_IMPORT_ITEMS),
    );
    const keys = new Set(rows.map(({ id }) => id));
    return chunks.flatMap((chunk) => {
      const known = { keys, needsOf: () => [] };
      const valid = validateBacklog({ version: 1, pack: "bench", items: chunk }, known);
      if (!valid.ok) throw new Error(valid.issues[0]?.message);
      return valid.items;
    });
  });
  const request = { tenantId: "t", lineage: "l", items, rules: DEFAULT_PLAN_RULES, sha256 };
  const planned = timed(() => planBacklog(request));
  if (!planned.ok) throw new Error(planned.issues[0]?.message);
  const { steps, notes } = planned;
  const estimates = timed(() => steps.map((step) => estimateStep(step)));
  const capacities = { workerSlots: 16, agents: [], limits: [] };
  const { plan, state } = timed(() => {
    const made = planProblem(steps, estimates, capacities);
    return { plan: made, state: start(made.problem, 1) };
  });
  const timetable = timed(() => timetableOf(plan, state));
  const forecast = timed(() =>
    forecastPlan({ steps, estimates, plan, state, tries: new Map(), otherApprovals: 0, seed: 1 }),
  );
  const facts = { shell: "trusted", sandboxAvailable: false, forecast } as const;
  timed(() => judgePlan({ steps, notes, facts }));
  timed(() => sha256(planDigestInput({ version: 1, steps })));
  timed(() => layoutPlan(steps));
  const compared = steps.map((step, i) => ({
    ...step,
    fields: { with: step.with },
    durationMs: estimates[i]?.durationMs.p50 ?? null,
    startMs: timetable.startMs[i] ?? null,
  }));
  timed(() => diffPlans(compared, compared));
  const total = spent.reduce((sum, ms) => sum + ms, 0);
  const cells = [
    size.toLocaleString("en"),
    ...[...spent, total].map((ms) => `${Math.round(ms)} ms`),
    `${Math.round((1_000 * total) / steps.length)} µs`,
  ];
  return `| ${cells.join(" | ")} |`;
}
