import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import type { MemberContext, Plane } from "@nofx/control/command";
import { redriveDeadLetter } from "@nofx/control/dead-letters";
import { sendEvent } from "@nofx/control/events";
import { createPlan, executePlan } from "@nofx/control/plans";
import { cancelRun, pauseRun, resumeRun } from "@nofx/control/runs";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { EVENT, type Documents } from "./documents.ts";
import type { History } from "./history.ts";
import { asPerson, type Person } from "./people.ts";

const AGAIN = new Set(["unavailable", "idempotency_in_flight", "internal"]);

/** People at work through the control plane's commands. Each call is repeated under its key until it is answered. */
export class Client {
  readonly #plane: Plane;
  readonly #tenantId: string;
  readonly #history: History;
  readonly #giveUp: AbortSignal;
  /** Errors that no fault explains. */
  readonly surprises: string[] = [];

  constructor(options: { plane: Plane; tenantId: string; history: History; giveUp: AbortSignal }) {
    this.#plane = options.plane;
    this.#tenantId = options.tenantId;
    this.#history = options.history;
    this.#giveUp = options.giveUp;
  }

  /** Imports, plans and executes one backlog; answers the run's id when all three were acknowledged. */
  async startRun(person: Person, documents: Documents): Promise<string | undefined> {
    const { pack, document, tellAfterMs } = documents.next();
    const imported = await this.#call(person, "backlog.import", (ctx) =>
      importBacklog(ctx, { document }),
    );
    if (imported === undefined) return undefined;
    const plan = await this.#call(person, "plans.create", (ctx) => createPlan(ctx, { pack }));
    if (plan === undefined) return undefined;
    if (!plan.executable) throw new Error(`${pack}: ${plan.blockers.join(" ")}`);
    const run = await this.#call(person, "plans.execute", (ctx) =>
      executePlan(ctx, { planId: plan.id }),
    );
    if (run !== undefined && tellAfterMs !== undefined) {
      await delay(tellAfterMs);
      await this.send(person, pack);
    }
    return run?.runId;
  }

  send(person: Person, key: string): Promise<unknown> {
    return this.#call(person, "events.send", (ctx) => sendEvent(ctx, { name: EVENT, key }));
  }

  /** Says yes to everything that is asked. */
  async answer(person: Person): Promise<number> {
    const { items } = await listApprovals(asPerson(this.#plane, this.#tenantId, person), {});
    for (const { id, argumentsDigest } of items) {
      await this.#call(person, "approvals.decide", (ctx) =>
        decideApproval(ctx, { approvalId: id, decision: "approve", argumentsDigest }),
      );
    }
    return items.length;
  }

  cancel(person: Person, run: string): Promise<unknown> {
    const runId = toId("run", run);
    return this.#call(person, "runs.cancel", (ctx) => cancelRun(ctx, { runId }));
  }

  pause(person: Person, run: string): Promise<unknown> {
    const runId = toId("run", run);
    return this.#call(person, "runs.pause", (ctx) => pauseRun(ctx, { runId }));
  }

  resume(person: Person, run: string): Promise<unknown> {
    const runId = toId("run", run);
    return this.#call(person, "runs.resume", (ctx) => resumeRun(ctx, { runId }));
  }

  redrive(person: Person, letter: string): Promise<unknown> {
    const deadLetterId = toId("deadLetter", letter);
    return this.#call(person, "deadLetters.redrive", (ctx) =>
      redriveDeadLetter(ctx, { deadLetterId }),
    );
  }

  async #call<T>(
    person: Person,
    what: string,
    work: (ctx: MemberContext) => Promise<T>,
  ): Promise<T | undefined> {
    const key = randomUUID();
    const call = this.#history.invoke(what, key);
    for (let pause = 50; !this.#giveUp.aborted; pause = Math.min(1_000, pause * 2)) {
      const ctx = asPerson(this.#plane, this.#tenantId, person, key);
      try {
        const answer = await work(ctx);
        this.#history.end(call, "ok", { replayed: ctx.replayed, answer });
        return answer;
      } catch (error) {
        const code = NofxError.is(error) ? error.code : "internal";
        const unknown = AGAIN.has(code);
        this.#history.end(call, unknown ? "info" : "fail", { error: String(error) });
        if (!NofxError.is(error)) this.surprises.push(`${what}: ${String(error)}`);
        // somebody else may have decided it, or it was decided and the answer lost with its key
        if (!unknown) return undefined;
        await delay(pause, undefined, { signal: this.#giveUp }).catch(() => {});
      }
    }
    return undefined;
  }
}
