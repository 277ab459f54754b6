import { home } from "../paths.ts";
import { runTasks } from "../terminal/run-tasks.ts";
import { stopSignals } from "../terminal/stop-signals.ts";
import { buildWeb } from "../web/build-web.ts";

/** `nofx build`: what `npm start` does before it starts the dashboard, alone. */
export async function build(): Promise<void> {
  const stop = stopSignals();
  try {
    const run = (progress: (text: string) => void, signal: AbortSignal) =>
      buildWeb({ home, progress, signal });
    await runTasks([{ title: "Web app", run }], stop.signal);
  } finally {
    stop.forget();
  }
}
