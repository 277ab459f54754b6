// npm test, after the preparation: unit and integration tests, then the checks beside browser tests. Prints one line for each,
// the words of what failed, and last the closing line.
import { reportCoverage } from "../coverage/report.ts";
import { checks } from "../checks/checks.ts";
import { followLauncher } from "../lib/follow-launcher.mjs";
import { runLimited } from "../lib/limit.ts";
import { root } from "../lib/paths.mjs";
import { stopOnSignals } from "../lib/processes.ts";
import { Progress } from "../lib/progress.ts";
import { ArgumentError, findBrowserTests, readArguments, type Selection } from "./arguments.ts";
import { add, closingLine, type Counts, exitCode, none } from "./counts.ts";
import { findChromium } from "./find-chromium.ts";
import { runPlaywright } from "./run-playwright.ts";
import { type Ran, runVitest } from "./run-vitest.ts";

const progress = new Progress();
const coverage = process.env["NOFX_COVERAGE"] === "1";

function describe(ran: Ran): { ok: boolean; text: string } {
  return { ok: ran.failed === 0, text: closingLine(ran) };
}

function tell(ran: Ran): Counts {
  if (ran.failures !== "") progress.say(`\n${ran.failures}\n`);
  return ran;
}

/** Each check counts as one test. */
async function runChecks(): Promise<Counts> {
  const results = await runLimited(
    2,
    checks.map(({ name, run }) => async () => {
      const { code, output } = await progress.during(name, run, (finished) => ({
        ok: finished.code === 0,
        text: "",
      }));
      if (code !== 0) progress.say(`\n${output}\n`);
      return code === 0 ? { ...none, passed: 1 } : { ...none, failed: 1 };
    }),
  );
  return add(...results);
}

async function runVitestStage({ vitest, name, all }: Selection): Promise<Counts> {
  if (!all && vitest.length === 0) return none;
  const ran = await progress.during(
    "unit and integration",
    (note) => runVitest({ paths: vitest, name, coverage, live: !all, note }),
    describe,
  );
  return tell(ran);
}

async function runBrowserStage(
  { playwright, name, all }: Selection,
  browser: Promise<string | undefined>,
): Promise<Counts> {
  if (!all && playwright.length === 0) return none;
  if (findBrowserTests(root).length === 0) return none;
  const chromium = await progress.during(
    "browser",
    () => browser,
    (path) => ({ ok: true, text: path ?? "none found" }),
  );
  if (chromium === undefined) {
    progress.say(
      "The browser tests are skipped: no Chromium or Chrome was found. Install one, or set PLAYWRIGHT_CHROMIUM to its path.",
    );
  }
  const ran = await progress.during(
    "browser tests",
    (note) => runPlaywright({ paths: playwright, name, chromium, coverage, live: !all, note }),
    describe,
  );
  return tell(ran);
}

async function run(args: readonly string[]): Promise<Counts> {
  const selection = readArguments(root, args);
  // A browser may have to be installed: that waits for the network while the processor is at work elsewhere.
  const wanted = selection.all || selection.playwright.length > 0;
  const browser = wanted ? findChromium() : Promise.resolve(undefined);
  const tested = await runVitestStage(selection);
  // browser tests mostly wait: the checks run meanwhile
  const rest = [
    selection.all ? runChecks() : Promise.resolve(none),
    runBrowserStage(selection, browser),
  ];
  const total = add(tested, ...(await Promise.all(rest)));
  if (coverage) for (const line of await reportCoverage()) progress.say(line);
  return total;
}

followLauncher();
const isStopping = stopOnSignals(() => {
  progress.close();
  console.log("Stopped before the end.");
  console.log(closingLine({ ...none, failed: 1 }));
});

let counts: Counts;
try {
  counts = await run(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof ArgumentError ? error.message : error);
  counts = error instanceof ArgumentError ? none : { ...none, failed: 1 };
}
if (!isStopping()) {
  progress.close();
  console.log(closingLine(counts));
  process.exitCode = exitCode(counts);
}
