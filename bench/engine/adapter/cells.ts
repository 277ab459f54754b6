import type { Settings } from "./harness.ts";

const concurrency = (n: number) => ({ NOFX_CONCURRENCY: String(n) });

type Cells = Record<string, Record<string, Settings>>;

/** `default` says nothing but the concurrency that the peers' bench states; `tuned` is the best of a short sweep. */
export const CELLS: Cells = {
  W1: {
    default: {
      desc: "tasks.submit in calls of 1,000, one after the other; concurrency 20, else defaults",
      env: concurrency(20),
    },
    tuned: {
      desc: "tasks.submit in calls of 1,000, 4 at once; concurrency 500",
      env: concurrency(500),
      inFlight: 4,
    },
  },
  W2: {
    default: { desc: "tasks.submit; concurrency 20, else defaults", env: concurrency(20) },
  },
  W3: {
    default: {
      desc: "a task whose step keeps 10 checkpoints; concurrency 20, else defaults",
      env: concurrency(20),
      as: "checkpoints",
    },
  },
  W4: {
    default: {
      desc: "a plan of 100 parallel steps and one that needs them all, started by plans.execute; concurrency 20, else defaults",
      env: concurrency(20),
      as: "steps",
    },
    tuned: {
      desc: "a task that spawns 100 children and waits for them; concurrency 100",
      env: concurrency(100),
      as: "children",
    },
  },
  W5: {
    default: { desc: "lease 30 s (default), concurrency 50", env: concurrency(50) },
    tuned: {
      desc: "lease 1 s, concurrency 50",
      env: { ...concurrency(50), NOFX_LEASE_SECONDS: "1" },
    },
  },
};

/** The same engine where each step of a workflow is one of its own: claimed, settled and kept by itself. */
export const STEPS_CELLS: Cells = {
  W3: {
    default: {
      desc: "a plan of 10 chained steps, started by plans.execute; concurrency 20, else defaults",
      env: concurrency(20),
      as: "steps",
    },
    tuned: {
      desc: "the same, concurrency 40",
      env: concurrency(40),
      as: "steps",
    },
  },
};
