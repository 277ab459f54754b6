// A process with many runners, each with a key of its own, as an author's own process would run one: of bench:runners.
import { defineAgent, task, type Agent } from "../../packages/sdk/src/index.ts";
import type { FromRunners, Told, ToRunners } from "./processes.ts";

const stopping = new AbortController();
const tell = (message: FromRunners): void => void process.send?.(message);
const fresh = (): Told => ({ started: 0, succeeded: 0, lost: 0, other: 0, retries: 0 });
let told = fresh();
const runs: Promise<unknown>[] = [];
const agents = new Map<string, Agent>();

/** Waits as long as it is asked to, as one that asks a model does; half of it is kept in a checkpoint. */
function agentOf(capability: string): Agent {
  const work = task(capability).run(async (ctx, input) => {
    const { ms } = input as { ms: number };
    await ctx.step("half", () => pause(ms / 2, ctx.signal));
    await pause(ms / 2, ctx.signal);
    return null;
  });
  return defineAgent({ tasks: [work], concurrency: 1 });
}

function pause(ms: number, signal: AbortSignal): Promise<null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}

function start({ url, runners }: Extract<ToRunners, { type: "start" }>): void {
  for (const [i, { key, capability }] of runners.entries()) {
    const agent = agents.get(capability) ?? agentOf(capability);
    agents.set(capability, agent);
    const run = agent.run({
      url,
      key,
      signal: stopping.signal,
      worker: `bench:${process.pid}:${i}`,
      onEvent(event) {
        if (event.type === "retrying") told.retries += 1;
        if (event.type === "step.started") told.started += 1;
        if (event.type !== "step.ended") return;
        if (event.outcome === "succeeded" || event.outcome === "lost") told[event.outcome] += 1;
        else told.other += 1;
      },
    });
    runs.push(
      run.catch((error: unknown) => {
        console.error(error);
        process.exit(1);
      }),
    );
  }
  tell({ type: "started" });
}

const report = () => {
  tell({ type: "told", ...told });
  told = fresh();
};
setInterval(report, 1_000).unref();

process.on("message", (message: ToRunners) => {
  if (message.type === "start") return start(message);
  stopping.abort();
  void Promise.all(runs).then(() => {
    report();
    process.disconnect();
    process.exit(0);
  });
});
process.once("disconnect", () => process.exit(0));
