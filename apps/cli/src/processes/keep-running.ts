import { backoffMs, WELL_AFTER_MS } from "./backoff.ts";
import {
  startProcess,
  type Ended,
  type ProcessSpec,
  type RunningProcess,
} from "./start-process.ts";
import { stopProcess, type Patience } from "./stop-process.ts";

export interface Crash {
  ended: Ended;
  /** In a row. */
  count: number;
  againInMs: number;
}

export interface KeptProcess {
  readonly name: string;
  current(): RunningProcess;
  stop(patience: Patience): Promise<void>;
  /** Ends it at once, without asking. */
  kill(): void;
}

/**
 * Starts a process and keeps it running: one that ends by itself is started again, after a wait that grows with each crash
 * in a row. Ends only by `stop` or `kill`.
 */
export function keepRunning(
  spec: ProcessSpec,
  on: { crash: (crash: Crash) => void; start: (process: RunningProcess) => void },
): KeptProcess {
  let stopping = false;
  let crashes = 0;
  let timer: NodeJS.Timeout | undefined;

  const start = (): RunningProcess => {
    const begun = performance.now();
    const started = startProcess(spec);
    on.start(started);
    started.ended.then(
      (ended) => again(ended, begun),
      () => again({ code: null, signal: null }, begun),
    );
    return started;
  };
  const again = (ended: Ended, begun: number) => {
    if (stopping) return;
    crashes = performance.now() - begun > WELL_AFTER_MS ? 1 : crashes + 1;
    const againInMs = backoffMs(crashes);
    current.killGroup();
    on.crash({ ended, count: crashes, againInMs });
    timer = setTimeout(() => {
      current = start();
    }, againInMs);
  };
  let current = start();

  const giveUp = () => {
    stopping = true;
    clearTimeout(timer);
  };
  return {
    name: spec.name,
    current: () => current,
    stop: async (patience) => {
      giveUp();
      await stopProcess(current, patience);
    },
    kill: () => {
      giveUp();
      current.killGroup();
    },
  };
}
