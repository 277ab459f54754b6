import { setTimeout as delay } from "node:timers/promises";
import { Strategy } from "@nofx/core/vocabulary";
import { connect } from "../client/connect.ts";
import { readCredentials, type Credentials } from "../credentials/credentials.ts";
import { runDemo } from "../demo/run-demo.ts";
import { plainDisplay, terminalDisplay } from "../demo/run-display.ts";
import { runStrategy } from "../demo/run-strategy.ts";
import { Sentence } from "../errors.ts";
import { home } from "../paths.ts";
import { alreadyRunning, lockSystem } from "../system/lock.ts";
import { wantedPorts } from "../system/ports.ts";
import { startSystem } from "../system/start-system.ts";
import { readState, type Addresses } from "../system/state.ts";
import type { System } from "../system/system.ts";
import { onTerminal } from "../terminal/run-tasks.ts";
import { stopSignals, type StopSignals } from "../terminal/stop-signals.ts";
import { dim, duration } from "../terminal/style.ts";

const say = (text: string) => console.log(text);

interface Place {
  addresses: Addresses;
  credentials: Credentials;
}

/** `nofx demo`, which `npm run demo` runs: on what runs in this clone, or on a system of its own that is stopped after. */
export async function demo(options: { strategy?: string } = {}): Promise<void> {
  const strategy = strategyOf(options.strategy);
  const begun = performance.now();
  const lock = lockSystem(home, "npm run demo", say);
  const stop = stopSignals();
  let system: System | undefined;
  try {
    const place =
      "holder" in lock
        ? await useRunning(lock.holder, stop.signal)
        : await startOwn(stop, (made) => {
            system = made;
          });
    if ("holder" in lock) say(`Using what runs already: ${place.addresses.dashboard}`);
    say("");
    const as = (person: "supervisor" | "operator") =>
      connect({ ...place, person, signal: stop.signal });
    const [operator, supervisor] = await Promise.all([as("operator"), as("supervisor")]);
    if (strategy !== undefined) {
      const { agents } = place.addresses;
      await runStrategy({ operator, supervisor, agents, strategy, signal: stop.signal, say });
      return;
    }
    await runDemo({
      home,
      operator,
      supervisor,
      dashboard: place.addresses.dashboard,
      signal: stop.signal,
      say,
      display: () =>
        onTerminal ? terminalDisplay(process.stdout) : plainDisplay(say, performance.now()),
    });
  } finally {
    await system?.stop();
    if ("release" in lock) lock.release();
  }
  say(dim(`  ${duration(performance.now() - begun)} in all`));
}

async function startOwn(stop: StopSignals, onSystem: (system: System) => void): Promise<Place> {
  const started = await startSystem({
    home,
    command: "npm run demo",
    ports: wantedPorts(process.env),
    signal: stop.signal,
    tell: say,
    onSystem: (made) => {
      onSystem(made);
      stop.onHurry(() => made.stopNow());
    },
  });
  started.system.ready(started.addresses);
  return started;
}

function strategyOf(given: string | undefined): Strategy | undefined {
  if (given === undefined) return undefined;
  const strategy = Strategy.safeParse(given);
  if (strategy.success) return strategy.data;
  throw new Sentence(
    `There is no strategy ${given}. --strategy takes ${Strategy.options.join(", ")}.`,
  );
}

const STARTING_MS = 300_000;

/** Whatever holds the clone may still be starting: waits until it is ready. */
async function useRunning(
  holder: { pid: number; what: string },
  signal: AbortSignal,
): Promise<Place> {
  if (holder.what !== "npm start") throw alreadyRunning(home, holder);
  const until = Date.now() + STARTING_MS;
  let told = false;
  for (;;) {
    const state = readState(home);
    const credentials = readCredentials(home);
    if (state?.phase === "ready" && state.addresses !== null && credentials !== undefined) {
      return { addresses: state.addresses, credentials };
    }
    if (state?.phase === "stopping" || Date.now() > until) {
      throw new Sentence(
        `NOFX runs from this clone (process ${holder.pid}) but is ${state?.phase ?? "not ready"}. Run this again in a moment.`,
      );
    }
    if (!told) say("Waiting for the system that is starting in this clone.");
    told = true;
    await delay(200, undefined, { signal });
  }
}
