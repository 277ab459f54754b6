// npm run chaos, after the preparation.
import { followLauncher } from "../../scripts/lib/follow-launcher.mjs";
import { HELP, readOptions, type Options } from "./options.ts";
import { printReport } from "./report/print.ts";
import { runChaos } from "./run-chaos.ts";

followLauncher();
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130);
    console.log("stopping; once more to stop at once");
    stop.abort();
  });
}

let options: Options | undefined;
try {
  options = readOptions(process.argv.slice(2), () => Date.now() % 1_000_000);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
if (options?.help === true) console.log(HELP);
else if (options !== undefined) process.exitCode = await run(options);

async function run(options: Options): Promise<number> {
  const begun = performance.now();
  const say = (line: string) => {
    console.log(`${((performance.now() - begun) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
  };
  say(
    `seed ${options.seed}, ${options.minutes} min, ${options.workers} workers, ${options.transport}`,
  );
  try {
    const report = await runChaos({ ...options, say, signal: stop.signal });
    console.log(printReport(report, options.seed));
    return report.ok ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) {
      console.log("Stopped before the end.");
      return 130;
    }
    console.error(error);
    return 1;
  }
}
