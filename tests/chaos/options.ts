import { parseArgs } from "node:util";

export const HELP = `npm run chaos -- [options]

Runs real workers, a real agent and a real Postgres, breaks them at random for some minutes, and says what became of the
work: nothing lost, nothing done twice. Ends with 1 when that is not so, or when a fault did not bite often enough.

  --minutes <n>   how long faults are injected (default 10; fractions are fine)
  --seed <n>      which faults, when, and which work (default: a new one each time, printed)
  --workers <n>   worker processes (default 5)
  --transport <t> postgres or bullmq (default postgres); bullmq starts a Redis and breaks that too
  --no-agents     without the SDK agent
  --help
`;

export interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly workers: number;
  readonly agents: boolean;
  readonly transport: "postgres" | "bullmq";
  readonly help: boolean;
}

/** Throws an Error that says which option is wrong. */
export function readOptions(args: readonly string[], newSeed: () => number): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string" },
      workers: { type: "string", default: "5" },
      transport: { type: "string", default: "postgres" },
      "no-agents": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { transport } = values;
  if (transport !== "postgres" && transport !== "bullmq") {
    throw new Error(`--transport: give postgres or bullmq, not "${transport}".`);
  }
  return {
    transport,
    minutes: numberFrom("--minutes", values.minutes, 0.05, 24 * 60),
    seed: values.seed === undefined ? newSeed() : numberFrom("--seed", values.seed, 0, 2 ** 32),
    workers: Math.floor(numberFrom("--workers", values.workers, 2, 64)),
    agents: !values["no-agents"],
    help: values.help,
  };
}

function numberFrom(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new Error(`${name}: give a number from ${least} to ${most}, not "${text}".`);
}
