import { Listr, PRESET_TIMER } from "listr2";
import { step } from "../../../../scripts/lib/say.mjs";

export interface Task {
  title: string;
  /** `note` says how far it is; what it returns ends its line. */
  run: (note: (text: string) => void, signal: AbortSignal) => Promise<string>;
}

export const onTerminal = process.stdout.isTTY && process.env["TERM"] !== "dumb";

/**
 * Runs tasks side by side, each one line with its time. The first that fails stops the others, and its error is thrown when
 * all have ended. Plain lines where there is no terminal.
 */
export async function runTasks(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const errors: unknown[] = [];
  const guarded = tasks.map(({ title, run }) => ({
    title,
    run: async (note: (text: string) => void) => {
      try {
        either.throwIfAborted();
        return await run(note, either);
      } catch (error) {
        errors.push(error);
        failed.abort(error);
        throw error;
      }
    },
  }));
  await (onTerminal ? drawn(guarded) : plain(guarded));
  if (errors.length > 0) throw errors[0];
}

type Guarded = { title: string; run: (note: (text: string) => void) => Promise<string> };

async function plain(tasks: readonly Guarded[]): Promise<void> {
  await Promise.allSettled(tasks.map(({ title, run }) => step(title, run)));
}

async function drawn(tasks: readonly Guarded[]): Promise<void> {
  const list = new Listr(
    tasks.map(({ title, run }) => ({
      title,
      task: async (_, task) => {
        const result = await run((text) => {
          task.title = `${title}: ${text}`;
        });
        task.title = result === "" ? title : `${title}: ${result}`;
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { timer: PRESET_TIMER, showErrorMessage: false },
    },
  );
  await list.run();
}
