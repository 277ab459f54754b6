import { expect, test } from "vitest";
import { printReport } from "../../../tests/chaos/report/print.ts";
import { runChaos } from "../../../tests/chaos/run-chaos.ts";

// The short form of `npm run chaos`: real workers, an agent and a Postgres of their own, killed, frozen, cut off and
// restarted while work goes on. RELIABILITY: no step lost, none committed twice, every invariant holds.
const PROVE = process.env["PROVE"] === "1";
const MINUTES = PROVE ? 3 : 0.15;
const SEED = Number(process.env["NOFX_SEED"] ?? Date.now() % 1_000_000);

test(`a run survives ${MINUTES} min of kills, freezes, cuts and restarts: nothing is lost or done twice (seed ${SEED})`, async () => {
  const report = await runChaos({
    minutes: MINUTES,
    seed: SEED,
    workers: PROVE ? 5 : 3,
    agents: true,
    signal: new AbortController().signal,
    say: () => {},
  });
  const failed = report.checks.filter(({ ok }) => !ok);
  // a run in which nothing was hit has proved nothing: the full one wants every fault, the short one kills
  const unhurt = report.faults.filter(({ fault, bit, minimum }) =>
    PROVE ? bit < minimum : fault.includes("SIGKILL of a worker") && bit === 0,
  );
  if (failed.length + unhurt.length > 0) console.error(printReport(report, SEED));
  expect({ failed, unhurt }).toEqual({ failed: [], unhurt: [] });
}, 360_000);
