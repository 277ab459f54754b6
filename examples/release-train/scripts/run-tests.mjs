// Runs the tests and writes the result to --report. With --record a failing test is a finding and
// not an error: the step ends well as long as the tests could be run.
import { report, runSuite } from "./lib/suite.mjs";
import { at, main, option, Refusal, writeWhole } from "./lib/workspace.mjs";

await main("run-tests", async () => {
  const result = await runSuite();
  const text = report(result);
  writeWhole(at(option("report") ?? "reports/tests.txt"), `${text}\n`);
  console.log(text);
  if (result.tests.length === 0) throw new Refusal("no tests were found");
  const record = process.argv.includes("--record");
  const broken = result.failed.filter((test) => test.name === "(the file itself)");
  if (record && broken.length > 0) throw new Refusal(`${broken[0].file} could not be run`);
  if (!record && result.failed.length > 0)
    throw new Refusal(`${result.failed.length} tests failed`);
});
