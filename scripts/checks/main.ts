// npm run verify: format, lint, types, dependency direction, dead code, document references, SQL. No database, under a minute.
import { followLauncher } from "../lib/follow-launcher.mjs";
import { runLimited } from "../lib/limit.ts";
import { stopOnSignals } from "../lib/processes.ts";
import { Progress } from "../lib/progress.ts";
import { checks } from "./checks.ts";

followLauncher();
stopOnSignals(() => console.log("Stopped before the end."));

const progress = new Progress();
const results = await runLimited(
  2,
  checks.map((check) => async () => {
    const finished = await progress.during(
      check.name,
      () => check.run(),
      ({ code }) => ({ ok: code === 0, text: "" }),
    );
    if (finished.code !== 0) progress.say(`\n${finished.output}\n`);
    return finished;
  }),
);
progress.close();
const failed = checks.filter((_, index) => results[index]?.code !== 0).map(({ name }) => name);
console.log(failed.length === 0 ? "All checks passed." : `Failed: ${failed.join(", ")}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
