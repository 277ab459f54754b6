import type { Api } from "../client/api.ts";

/** What a person finds on the dashboard, and where to look first. */
export interface Now {
  sentences: string[];
  path: string;
}

/** What is going on, and what waits for people: for the supervisor what they may decide, the rest for a second person. */
export async function describeNow(
  api: Pick<Api, "runs">,
  supervisor: Pick<Api, "approvals">,
): Promise<Now> {
  const [runs, approvals] = await Promise.all([
    api.runs({ limit: 10 }),
    supervisor.approvals({ status: "pending", limit: 50 }),
  ]);
  const active = runs.items.find((run) => run.status === "queued" || run.status === "running");
  const run = active ?? runs.items[0];
  const asked = approvals.items.length;
  const sentences: string[] = [];
  if (active !== undefined) {
    sentences.push(
      `${active.title} ${active.waitingFor === null ? "is running" : "is under way"}, ${active.stepsDone} of ${active.steps} steps done.`,
    );
    if (active.waitingFor !== null) sentences.push(`Nothing of it runs now. ${active.waitingFor}`);
  } else if (run !== undefined) sentences.push(`${run.title}: the last run ${run.status}.`);
  else sentences.push("Nothing has run yet.");
  if (asked === 1) {
    const whom = approvals.items[0]?.canDecide === false ? "a second person" : "the supervisor";
    sentences.push(`"${approvals.items[0]?.title ?? ""}" waits for ${whom}.`);
  } else if (asked > 1) {
    const theirs = approvals.items.filter(({ canDecide }) => canDecide).length;
    const second = asked - theirs;
    if (second === 0) sentences.push(`${asked} approvals wait for the supervisor.`);
    else if (theirs === 0) sentences.push(`${asked} approvals wait for a second person.`);
    else {
      sentences.push(
        `${asked} approvals wait: ${theirs} for the supervisor, ${second} for a second person.`,
      );
    }
  }
  if (active === undefined && asked > 0) return { sentences, path: "/approvals" };
  return { sentences, path: run === undefined ? "/backlog" : `/runs/${run.id}` };
}
