import type { Api } from "../client/api.ts";

/** One sentence about what a person finds on the dashboard, and where to look first. */
export async function describeNow(api: Api): Promise<{ sentence: string; path: string }> {
  const [runs, approvals] = await Promise.all([
    api.runs({ limit: 10 }),
    api.approvals({ status: "pending", limit: 50 }),
  ]);
  const active = runs.items.filter((run) => run.status === "queued" || run.status === "running");
  const asked = approvals.items.length;
  const waiting =
    asked === 0
      ? ""
      : asked === 1
        ? `"${approvals.items[0]?.title}" waits for the supervisor's approval`
        : `${asked} approvals wait for the supervisor`;
  const run = active[0];
  if (run !== undefined) {
    const working = `${run.title} is running, ${run.stepsDone} of ${run.steps} steps done`;
    return {
      sentence: waiting === "" ? `${working}.` : `${working}; ${waiting}.`,
      path: `/runs/${run.id}`,
    };
  }
  if (waiting !== "")
    return { sentence: `${waiting[0]?.toUpperCase()}${waiting.slice(1)}.`, path: "/approvals" };
  const last = runs.items[0];
  return last === undefined
    ? { sentence: "Nothing has run yet.", path: "/backlog" }
    : { sentence: `${last.title}: the last run ${last.status}.`, path: `/runs/${last.id}` };
}
