import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import type { RuleScope } from "@nofx/core/gates";
import type { Scene } from "@nofx/core/gates/conditions";
import { environmentOf } from "./environment.ts";
import type { Ask, ConditionJob, Evaluated, Told } from "./protocol.ts";

/** The thread that evaluates. It may be ended at any moment: it holds nothing but compiled conditions. */

const { progress } = workerData as { progress: SharedArrayBuffer };
const current = new Int32Array(progress, 0, 1);
const startedAt = new Float64Array(progress, 8, 1);

type Compiled = (context: Record<string, unknown>) => unknown;
const KEPT = 500;
const compiled = new Map<string, Compiled>();

parentPort?.on("message", (ask: Ask) => {
  for (const [i, job] of ask.jobs.entries()) {
    if (i < ask.from) continue;
    startedAt[0] = cpuMs();
    Atomics.store(current, 0, i);
    const told: Told = { batch: ask.batch, index: i, evaluated: evaluate(job, ask.scene) };
    Atomics.store(current, 0, -1);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort?.postMessage(told);
  }
});

function evaluate(job: ConditionJob, scene: Scene): Evaluated {
  const { steps: all, ...seen } = scene;
  try {
    const condition = compile(job.scope, job.condition);
    if (job.scope === "plan") return { found: condition(seen) === true, steps: [] };
    const steps: number[] = [];
    for (const [at, step] of all.entries()) {
      if (condition({ ...seen, step }) === true) steps.push(at);
    }
    return { found: steps.length > 0, steps };
  } catch (error) {
    const { summary } = error as { summary?: unknown };
    return { failed: typeof summary === "string" ? summary : String(error).slice(0, 200) };
  }
}

function compile(scope: RuleScope, text: string): Compiled {
  const key = `${scope} ${text}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const condition: Compiled = environmentOf(scope).parse(text);
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(key, condition);
  return condition;
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
