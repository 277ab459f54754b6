import {
  answerWait,
  cancelRun,
  decideApproval,
  enqueueRun,
  pauseRun,
  resumeRun,
  sendEvent,
} from "@nofx/core/model";
import type { Dice } from "./dice.ts";
import type { Network } from "./network.ts";
import type { RunPlan } from "./workload.ts";
import type { World } from "./world.ts";

const LOOK_EVERY_MS = 500;

/** Those who submit, cancel, pause, answer and tell. They try again while the database is away. */
export class People {
  readonly #world: World;
  readonly #network: Network;
  readonly #dice: Dice;
  readonly #seen = new Set<string>();
  /** Questions that are never answered: whoever waits for them waits for good. */
  readonly ignored = new Set<string>();
  readonly approvedAt = new Map<string, number>();

  constructor(world: World, network: Network, dice: Dice) {
    this.#world = world;
    this.#network = network;
    this.#dice = dice;
  }

  start(plans: readonly RunPlan[]): void {
    for (const plan of plans) this.#follow(plan);
    this.#look();
  }

  #follow({ spec, submitAt, cancelAt, compensate, pauseAt, pausedFor, events }: RunPlan): void {
    const { model } = this.#world;
    const submit = () => {
      // a request that is repeated under its key makes one run
      for (let i = 0; i < 2; i++) {
        if (!model.runs.has(spec.id)) enqueueRun(model, spec, this.#world.now);
      }
      for (const { at, name } of events) {
        this.#do(at, `event ${name}`, () => sendEvent(model, { name }, this.#world.now));
      }
      if (cancelAt !== null) {
        const cancel = () => cancelRun(model, spec.id, { compensate }, this.#world.now);
        this.#do(cancelAt, `cancel ${spec.id}`, cancel);
        // once more, which must change nothing
        this.#do(cancelAt + 700, `cancel ${spec.id}`, cancel);
      }
      if (pauseAt !== null) {
        this.#do(pauseAt, `pause ${spec.id}`, () => {
          pauseRun(model, spec.id, this.#world.now);
          this.#do(pausedFor, `resume ${spec.id}`, () =>
            resumeRun(model, spec.id, this.#world.now),
          );
        });
      }
    };
    this.#do(submitAt, `submit ${spec.id}`, submit);
  }

  /** Looks at what people are asked, and answers some time later, or never. */
  #look(): void {
    const { model, time } = this.#world;
    for (const approval of model.approvals.values()) {
      if (approval.status !== "pending" || this.#isKnown(approval.id)) continue;
      const decision = this.#dice.chance(0.85) ? "approve" : "reject";
      this.#answer(approval.id, `${decision} ${approval.stepId}`, () => {
        const decided = decideApproval(model, approval.id, decision, this.#world.now);
        if (decided && decision === "approve")
          this.approvedAt.set(approval.stepId, this.#world.now);
      });
    }
    for (const wait of model.waits) {
      if (wait.status !== "open" || wait.kind !== "person" || this.#isKnown(wait.id)) continue;
      this.#answer(wait.id, `answer ${wait.stepId}`, () =>
        answerWait(model, wait.id, "me", this.#world.now),
      );
    }
    time.in(LOOK_EVERY_MS, () => this.#look());
  }

  #isKnown(id: string): boolean {
    if (this.#seen.has(id)) return true;
    this.#seen.add(id);
    return false;
  }

  #answer(id: string, name: string, work: () => void): void {
    if (this.#dice.chance(0.04)) this.ignored.add(id);
    else this.#do(this.#dice.between(100, 6_000), name, work);
  }

  #do(ms: number, name: string, work: () => void): void {
    this.#world.time.in(ms, () => {
      if (this.#network.databaseDown) return this.#do(1_000, name, work);
      this.#world.note(`people ${name}`);
      work();
      this.#world.check();
      return undefined;
    });
  }
}
