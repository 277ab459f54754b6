import { createDatabase, createPool } from "@nofx/db/client";
import { spawn } from "@nofx/db/leases";
import type { DB } from "@nofx/db/types";
import { openDatabase } from "../../lib/database.ts";
import { connectMember } from "../../lib/member.ts";
import { commandSubmitter, workOf } from "../../lib/tasks.ts";
import { DONE, startWorker, type BenchWorker, type WorkerOptions } from "../../lib/worker.ts";
import type { Cell, Handler, Worker } from "./harness.ts";
import { chain, fan, Plans } from "./plans.ts";

/** What a step of a workflow is told: its workflow or its plan, and what to do. */
interface Part {
  readonly workflow?: string;
  readonly steps?: number;
  readonly width?: number;
  readonly plan?: string;
  readonly k?: number;
  readonly last?: boolean;
}

/** As many as the peers' bench runs at once. */
const AT_ONCE = 20;
const STEPS = 10;
const WIDTH = 100;

export async function worker(cell: Cell, handler: Handler): Promise<Worker> {
  const database = await openDatabase(cell.pgUrl);
  const connectionString = database.url("nofx_worker");
  const member = connectMember(database, AT_ONCE);
  const submitter = commandSubmitter(database, { member });
  const engineDb = createDatabase<DB>(
    createPool({ connectionString, applicationName: "bench spawn", max: 4 }),
  );
  const plans = new Plans(member);
  const { as } = cell.settings;
  if (as === "steps" && cell.workload === "W3") await plans.make(AT_ONCE, chain(STEPS));
  if (as === "steps" && cell.workload === "W4") await plans.make(1, fan(WIDTH));

  /** The workflow that a plan's run is, and who waits for the end of a workflow. */
  const running = new Map<string, string>();
  const ends = new Map<string, () => void>();
  /** The step whose settlement ends a workflow. */
  const endings = new Map<string, () => void>();
  const onSettled = (stepId: string) => {
    endings.get(stepId)?.();
    endings.delete(stepId);
  };

  const work: WorkerOptions["work"] = async (json, { step, held }, engine) => {
    const part = json as Part;
    const endsWith = (id: string) => endings.set(step.id, ends.get(id) ?? (() => {}));
    if (part.plan !== undefined) {
      const id = running.get(part.plan) ?? "";
      handler.onStep(id, part.k ?? 0);
      if (part.last === true) endsWith(id);
      return DONE;
    }
    if (part.workflow === undefined) {
      await handler.onJob(json);
      return DONE;
    }
    const id = part.workflow;
    if (part.width !== undefined) {
      if (step.checkpoints.length === 0) {
        const children = Array.from({ length: part.width }, (_, k) => ({
          name: `c${k}`,
          title: `Child ${k}`,
          kind: "http" as const,
          executor: "worker" as const,
          arguments: { ...workOf({ workflow: id, k }), timeoutSeconds: 30, maxResponseBytes: 0 },
        }));
        await spawn(engineDb, { ...held, tenantId: null }, children);
        engine.ring();
      }
      const answer = await engine.wait(held, "all", [{ option: "all", kind: "children" }]);
      if (answer.held) return { type: "held" };
      endsWith(id);
      return DONE;
    }
    if (part.k !== undefined) {
      handler.onStep(id, part.k);
      return DONE;
    }
    endsWith(id);
    for (let k = 0; k < (part.steps ?? 0); k++) {
      handler.onStep(id, k);
      await engine.checkpoint(held, `s${k}`, { k });
    }
    return DONE;
  };

  let started: BenchWorker | undefined;
  /** Resolves when the database has settled the last step of the workflow. */
  const run = async (id: string, begin: () => Promise<unknown>): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.set(id, resolve);
    await begin();
    await promise;
    ends.delete(id);
  };
  const runPlan = async (id: string): Promise<void> => {
    const plan = plans.take();
    running.set(plan, id);
    await run(id, () => plans.execute(plan));
    plans.giveBack(plan);
  };
  return {
    async start() {
      started = await startWorker({
        connectionString,
        name: `bench-${process.pid}`,
        env: cell.settings.env,
        work,
        onSettled,
      });
    },
    runWorkflow: (id, steps) =>
      as === "steps" ? runPlan(id) : run(id, () => submitter.submit([{ workflow: id, steps }])),
    runFanout: (id, width) =>
      as === "steps" ? runPlan(id) : run(id, () => submitter.submit([{ workflow: id, width }])),
    async stop() {
      await started?.stop();
      await Promise.all([member.close(), engineDb.destroy()]);
    },
  };
}
