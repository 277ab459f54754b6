import type { ClaimedStepRow, HeldStep, Settlement, WorkerEngine } from "@nofx/control/steps";
import { NofxError } from "@nofx/core/errors";
import {
  attemptOf,
  checkpoint,
  claim,
  claimable,
  decideApproval,
  expireDeadlines,
  reclaim,
  renew,
  requestApproval,
  spawn,
  stepOf,
  wait,
  wakeTimers,
  type ModelStep,
} from "@nofx/core/model";
import { StepKind, isTerminalStep } from "@nofx/core/vocabulary";
import type { Network } from "./network.ts";
import { payloadOf } from "./payload-of.ts";
import { settleFenced, type SettleVerb } from "./settle-verb.ts";
import type { SimProcess } from "./sim-process.ts";
import type { World } from "./world.ts";

/** The verbs of the engine that workers use here. What is not among them is not part of this simulation. */
type Simulated = Pick<
  WorkerEngine,
  | "worker"
  | "ring"
  | "exchange"
  | "disown"
  | "appendLogs"
  | "checkpoint"
  | "requestApproval"
  | "wait"
  | "reclaim"
  | "expireApprovals"
  | "expireDeadlines"
  | "wakeTimers"
  | "endOverdue"
  | "redriveBatches"
  | "prune"
  | "sweepBudgets"
>;

/** What agents ask for and our worker does not: steps of their own. */
export type Spawn = (held: HeldStep, children: Parameters<typeof spawn>[2]) => Promise<number>;

export interface EnginePorts {
  readonly world: World;
  readonly network: Network;
  readonly process: SimProcess;
  readonly ringAll: () => void;
  /** How the database settles: a test can put a broken fence here. */
  readonly settle?: SettleVerb | undefined;
  /** When questions to people run out. */
  readonly expiries: Map<string, number>;
}

/** The engine as a worker sees it, on the model in place of Postgres and a network that loses and delays. */
export function simEngine(ports: EnginePorts): { engine: WorkerEngine; spawn: Spawn } {
  const { world, network, process, expiries, settle = settleFenced } = ports;
  const { model, fence } = world;
  const owner = process.name;
  const by = { type: "worker", owner, tenantId: null } as const;
  const ask = <T>(name: string, work: (late: boolean) => T) =>
    network.call(process, name, "database", work);

  /** A write under a claim; `null`: the database says that it is lost. */
  const fenced = <T>(what: string, held: HeldStep, work: () => T | null): T => {
    const before = fence.holds(held.stepId, held.epoch, owner, world.now);
    const value = work();
    if ((value !== null) !== before) {
      if (value === null) fence.refused(what, held.stepId, { ...held, owner }, world.now);
      else fence.wrote(what, held.stepId, { ...held, owner }, world.now);
    }
    if (value === null) throw new NofxError("lease_lost");
    if (stepOf(model, held.stepId).leaseOwner === null) fence.ended(held.stepId);
    return value;
  };

  const settleAll = (settlements: readonly Settlement[]) => {
    const before = claimableNow();
    const held = settlements.map((one) => fence.holds(one.stepId, one.epoch, owner, world.now));
    const results = settle(model, by, settlements, world.now);
    results.forEach(({ stepId, epoch, result, status, reason }, i) => {
      const outcome = settlements[i]?.outcome ?? "";
      world.spoken.add(`${stepId}:${epoch}`);
      blameImpossible(world, settlements[i]);
      world.note(`${owner} ${outcome} ${stepId}:${epoch} ${result} ${status}`);
      if (result === "stale") {
        world.count("settlesRefused");
        if (reason === "conflict" || held[i])
          fence.refused(outcome, stepId, { epoch, owner }, world.now);
        return;
      }
      const isNews = fence.settled(stepId, { epoch, owner }, outcome, world.now);
      if (isNews && outcome === "succeeded" && stepOf(model, stepId).handler === "shell@1") {
        world.sink.committed(stepId, epoch);
      }
    });
    return {
      results: results.map(({ stepId, reason, ...row }) => ({
        ...row,
        step_id: stepId,
        ...(reason === null ? {} : { reason }),
      })),
      for_workers: Math.max(0, claimableNow() - before),
      for_agents: 0,
    };
  };

  const claimableNow = () =>
    claimable(model, by, { handlers: ["shell@1", "wait@1", "approval@1"] }, world.now).length;

  let underWay = 0;
  const engine: Simulated = {
    worker: owner,
    ring: ports.ringAll,
    exchange: async ({ settlements, renewals, want, leaseMs, handlers }) => {
      const sentAt = world.now;
      underWay += 1;
      if (underWay > 1) world.count("exchangesAtOnce");
      for (const { stepId, epoch, outcome } of settlements) {
        if (outcome !== "released" || world.executing.has(`${stepId}:${epoch}`)) continue;
        if (stepOf(model, stepId).handler === "shell@1") world.count("givenBackUnstarted");
      }
      const made: string[] = [];
      const what = `exchange ${settlements.length}/${renewals.length}/${want}`;
      const answer = await ask(what, (late) => {
        const settled = settleAll(settlements);
        const renewed = renew(model, by, renewals, leaseMs, world.now).map((row, i) => {
          const epoch = renewals[i]?.epoch ?? 0;
          const until = row.leaseUntil ?? 0;
          fence.renewed(row.stepId, { epoch, owner, until }, row.held, world.now);
          return {
            step_id: row.stepId,
            held: row.held,
            lease_until: row.leaseUntil === null ? null : world.iso(row.leaseUntil),
            cancel_requested: row.cancelRequested,
          };
        });
        const taken = claim(model, by, { handlers, limit: want, leaseMs }, world.now);
        for (const { id, epoch, leaseUntil } of taken) {
          fence.claimed(id, { epoch, owner, until: leaseUntil ?? 0 }, world.now);
          if (!late) {
            const claim = `${id}:${epoch}`;
            const missedAt = Infinity;
            world.unheard.set(claim, { stepId: id, epoch, by: owner, missedAt });
            made.push(claim);
          }
          world.note(`${owner} claims ${id}:${epoch}`);
        }
        const claimed = taken.map((step) => claimedRow(world, step));
        return { settled, renewed, claimed, cursor: null };
      })
        .catch((error: unknown) => {
          for (const claim of made) {
            const unheard = world.unheard.get(claim);
            if (unheard !== undefined) unheard.missedAt = world.now;
          }
          throw error;
        })
        .finally(() => {
          underWay -= 1;
        });
      for (const { id, epoch } of answer.claimed) world.unheard.delete(`${id}:${epoch}`);
      blameForgetful(world, owner, sentAt);
      answer.renewed.forEach((row, i) => {
        if (row.held && !row.cancel_requested) return;
        world.toldToStop.add(`${row.step_id}:${renewals[i]?.epoch}`);
      });
      return answer;
    },
    disown: (held) =>
      ask("disown", (late) => {
        const unknown = [...model.steps.values()].filter(
          (step) =>
            step.leaseOwner === owner &&
            !held.some(({ stepId, epoch }) => stepId === step.id && epoch === step.epoch),
        );
        for (const { id, epoch } of unknown) {
          const claim = `${id}:${epoch}`;
          if (!late && world.unheard.get(claim)?.missedAt === Infinity) {
            world.blame(`${owner} disowns ${claim}, whose answer is on its way`);
          }
          const isMine = world.executing.get(claim) === owner;
          if (late || !isMine || !fence.holds(id, epoch, owner, world.now)) continue;
          world.blame(`${owner} disowns ${id}:${epoch}, which it executes or has executed`);
        }
        settleAll(
          unknown.map(({ id, epoch }) => ({ stepId: id, epoch, outcome: "released" as const })),
        );
        world.count("claimsDisowned", unknown.length);
        return unknown.length;
      }),
    appendLogs: (held, lines) =>
      ask("appendLogs", () =>
        fenced("a log", held, () =>
          fence.holds(held.stepId, held.epoch, owner, world.now) ? lines.length : null,
        ),
      ),
    checkpoint: (held, name, value) =>
      ask("checkpoint", () =>
        fenced("a checkpoint", held, () => checkpoint(model, held, name, value, null, world.now)),
      ),
    requestApproval: (held, question) =>
      ask("requestApproval", () =>
        fenced("a question", held, () => {
          const { name, argumentsDigest: digest } = question;
          const answer = requestApproval(model, held, name, digest, world.now);
          if (answer === null) return null;
          const approval = [...model.approvals.values()].find(
            (one) => one.stepId === held.stepId && one.name === name && one.digest === digest,
          );
          const id = approval?.id ?? "";
          if (!expiries.has(id)) expiries.set(id, world.now + question.expiresMs);
          return {
            ...answer,
            name,
            approval_id: id,
            reason: null,
            arguments: question.arguments,
            edited: false,
          };
        }),
      ),
    wait: (held, name, options) =>
      ask("wait", () =>
        fenced("a wait", held, () => {
          const wanted = options.map((option) => ({
            ...option,
            ...("topic" in option ? { topic: option.topic } : {}),
          }));
          const answer = wait(model, held, name, wanted as never, world.now);
          if (answer === null) return null;
          if (answer.held) return { held: true as const, name };
          const { met, kind } = answer;
          if (met === null || kind === null) throw new Error(`${held.stepId}: met by nothing`);
          const payload = payloadOf(world, held.stepId, name, met);
          return { held: false as const, name, met, kind, payload };
        }),
      ),
    reclaim: (limit) =>
      ask("reclaim", () => {
        const ids = reclaim(model, world.now, limit);
        for (const id of ids) {
          fence.ended(id);
          world.note(`reclaimed ${id}`);
        }
        world.count("leasesReclaimed", ids.length);
        return ids.length;
      }),
    expireApprovals: () =>
      ask("expireApprovals", () => {
        const due = [...expiries].filter(([, at]) => at <= world.now).map(([id]) => id);
        for (const id of due) expiries.delete(id);
        return due.filter((id) => decideApproval(model, id, "expire", world.now)).length;
      }),
    expireDeadlines: () => ask("expireDeadlines", () => expireDeadlines(model, world.now).length),
    wakeTimers: () => ask("wakeTimers", () => wakeTimers(model, world.now)),
    endOverdue: async () => 0,
    redriveBatches: async () => 0,
    prune: async () => 0,
    // nothing there calls models
    sweepBudgets: async () => 0,
  };
  const whole = new Proxy(engine as WorkerEngine, {
    get(target, name) {
      if (!(name in target)) throw new Error(`engine.${String(name)} is not simulated`);
      return target[name as keyof WorkerEngine];
    },
  });
  const spawnChildren: Spawn = (held, children) =>
    ask("spawn", () => {
      const spawned = fenced("children", held, () => spawn(model, held, children, world.now));
      return spawned.length;
    });
  return { engine: whole, spawn: spawnChildren };
}

/** What a worker must not say: that it gave up on the database, or that a step has ended which it was told to be on hold. */
function blameImpossible({ model, blame }: World, settlement: Settlement | undefined): void {
  if (settlement === undefined) return;
  const { stepId, epoch, outcome } = settlement;
  const isShell = stepOf(model, stepId).handler === "shell@1";
  if (outcome === "failed" && settlement.error.code === "unclassified" && !isShell) {
    blame(`${stepId} failed because the database was away: ${settlement.error.message}`);
  }
  const attempt = attemptOf(model, stepId, epoch);
  if (outcome === "succeeded" && attempt?.outcome === "suspended") {
    blame(`${stepId}:${epoch} is on hold, and its executor says that it succeeded`);
  }
}

/** Before a worker asks again it has given back what an exchange may have claimed that nobody answered. */
function blameForgetful(
  { unheard, fence, blame, now }: World,
  owner: string,
  sentAt: number,
): void {
  for (const [claim, { stepId, epoch, by, missedAt }] of unheard) {
    if (by !== owner || missedAt >= sentAt || !fence.holds(stepId, epoch, owner, now)) continue;
    blame(`${owner} has not given back ${claim}, of which it never heard`);
  }
}

function claimedRow(world: World, step: Readonly<ModelStep>): ClaimedStepRow {
  if (isTerminalStep(step.status)) world.blame(`${step.id} was claimed as ${step.status}`);
  const { model } = world;
  const [kind, version] = step.handler.split("@");
  return {
    id: step.id,
    tenant_id: step.tenantId,
    run_id: step.runId,
    name: step.name,
    title: step.name,
    kind: StepKind.parse(kind),
    kind_version: Number(version),
    capability: step.capability,
    epoch: step.epoch,
    lease_until: world.iso(step.leaseUntil ?? 0),
    run_at: world.iso(step.runAt),
    arguments: step.arguments as Record<string, unknown>,
    token: step.id,
    failures: step.failures,
    crashes: step.crashes,
    max_failures: step.maxFailures,
    max_crashes: step.maxCrashes,
    correlation_id: step.runId,
    traceparent: null,
    workspace: null,
    workspace_run: step.runId,
    shell: "trusted",
    checkpoints: model.checkpoints
      .filter((one) => one.stepId === step.id)
      .map(({ name, value }) => ({ name, value })),
    approvals: [],
    needs: [],
    inputs: [],
  };
}
