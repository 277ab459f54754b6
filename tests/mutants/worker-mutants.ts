import type { Mutant } from "./mutants.ts";

const LOOP = "apps/worker/src/loop";
const killer = {
  file: "apps/worker/test/simulation/simulation.test.ts",
  test: "every seed keeps every invariant",
};

/** What a worker may get wrong; found out by simulated workers, network and time. */
export const WORKER_MUTANTS: readonly Mutant[] = [
  {
    name: "a worker that goes on when its lease has run out",
    file: `${LOOP}/worker-loop.ts`,
    edits: [['      one.stop("lease_lost");\n', ""]],
    killer,
  },
  {
    name: "a worker that believes in its lease a little longer",
    file: `${LOOP}/held-steps.ts`,
    edits: [["this.#leaseMs - this.#marginMs", "this.#leaseMs + 2 * this.#marginMs"]],
    killer,
  },
  {
    name: "a lease counted from the answer, not from the request",
    file: `${LOOP}/worker-loop.ts`,
    edits: [["new RunningStep(step, sentAt)", "new RunningStep(step, clock.now())"]],
    killer,
  },
  {
    name: "a settlement said once, heard or not",
    file: `${LOOP}/outbox.ts`,
    edits: [["    this.#waiting = [...sent, ...this.#waiting];\n", ""]],
    killer,
  },
  {
    name: "claims that nobody heard of are not given back",
    file: `${LOOP}/worker-loop.ts`,
    edits: [["await engine.disown([...this.#held.claims(), ...this.#outbox.claims()])", "0"]],
    killer,
  },
  {
    name: "giving back what is done and not yet told",
    file: `${LOOP}/worker-loop.ts`,
    edits: [
      [
        "engine.disown([...this.#held.claims(), ...this.#outbox.claims()])",
        "engine.disown(this.#held.claims())",
      ],
    ],
    killer,
  },
  {
    name: "giving back what is being executed",
    file: `${LOOP}/worker-loop.ts`,
    edits: [
      [
        "engine.disown([...this.#held.claims(), ...this.#outbox.claims()])",
        "engine.disown(this.#outbox.claims())",
      ],
    ],
    killer,
  },
  {
    name: "two attempts of a step at once in one worker",
    file: `${LOOP}/worker-loop.ts`,
    edits: [["earlier.ended.then(() => this.#run(running))", "this.#run(running)"]],
    killer,
  },
  {
    name: "a worker that does not hear of a cancel",
    file: `${LOOP}/worker-loop.ts`,
    edits: [['if (row.cancel_requested) running.stop("cancelled");', ""]],
    killer,
  },
  {
    name: "a drained worker that leaves before it has said all",
    file: `${LOOP}/worker-loop.ts`,
    edits: [
      ["this.#held.size === 0 && this.#outbox.isEmpty && this.#isQuiet()", "this.#held.size === 0"],
    ],
    killer,
  },
  {
    name: "a handler that fails because the database is away",
    file: `${LOOP}/persist.ts`,
    edits: [["|| by.signal.aborted) throw error;", "|| true) throw error;"]],
    killer,
  },
  {
    name: "what was stopped counts as done",
    file: `${LOOP}/settlement-of.ts`,
    edits: [
      [
        'return { ...claim, outcome: "released" };',
        'return { ...claim, outcome: "succeeded", output: {} };',
      ],
    ],
    killer,
  },
  {
    name: "what is on hold counts as done",
    file: `${LOOP}/settlement-of.ts`,
    edits: [["return undefined;", 'return { ...claim, outcome: "succeeded", output: {} };']],
    killer,
  },
  {
    name: "steps that have no time limit",
    file: `${LOOP}/run-step.ts`,
    edits: [["  scope.limit(timeoutMs);\n", ""]],
    killer,
  },
  {
    name: "nobody takes back what dead workers held",
    file: "apps/worker/src/sweep/sweep-loop.ts",
    edits: [["await engine.reclaim(LIMIT)", "0"]],
    killer,
  },
];
