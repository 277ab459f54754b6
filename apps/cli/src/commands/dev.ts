import { home } from "../paths.ts";
import { connect } from "../client/connect.ts";
import { describeNow } from "../story/describe-now.ts";
import { isStoryTold, tellStory } from "../story/tell-story.ts";
import { alreadyRunning, lockSystem } from "../system/lock.ts";
import { wantedPorts } from "../system/ports.ts";
import { startSystem } from "../system/start-system.ts";
import type { System } from "../system/system.ts";
import { runTasks } from "../terminal/run-tasks.ts";
import { screen } from "../terminal/screen.ts";
import { stopSignals } from "../terminal/stop-signals.ts";
import { duration } from "../terminal/style.ts";

const say = (text: string) => console.log(text);

/** `nofx dev`, which `npm start` runs: everything on this machine, until it is told to stop. */
export async function dev(options: { demo: boolean }): Promise<void> {
  const begun = performance.now();
  const lock = lockSystem(home, "npm start", say);
  if ("holder" in lock) throw alreadyRunning(home, lock.holder);
  const stop = stopSignals();
  let system: System | undefined;
  try {
    const started = await startSystem({
      home,
      command: "npm start",
      ports: wantedPorts(process.env),
      signal: stop.signal,
      tell: say,
      onSystem: (made) => {
        system = made;
        stop.onHurry(() => made.stopNow());
      },
    });
    const { addresses, credentials } = started;
    const as = (person: "supervisor" | "operator") =>
      connect({ addresses, credentials, person, signal: stop.signal });
    const operator = await as("operator");
    const supervisor = await as("supervisor");
    if (options.demo && !isStoryTold(home)) {
      const run = (note: (text: string) => void) => tellStory({ home, operator, supervisor, note });
      await runTasks([{ title: "Demo backlog", run }], stop.signal);
    }
    const now = await describeNow(operator, supervisor);
    started.system.ready(addresses);
    const seconds = duration(performance.now() - begun);
    console.log(screen({ addresses, credentials, now, home, seconds }));
    await aborted(stop.signal);
    say("Stopping. Ctrl-C again stops at once.");
  } finally {
    await system?.stop();
    lock.release();
  }
  say("Stopped. Everything is kept for the next start.");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
