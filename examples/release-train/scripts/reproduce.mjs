// Makes sure that the failure is real: the tests run three times, and the same ones have to fail
// each time in the same way. Writes what a person (reports/failure.txt) and a repairing agent
// (reports/failure.json) need.
import { isDeepStrictEqual } from "node:util";
import { reachedBy } from "./lib/imports.mjs";
import { runSuite, testCommand, testFiles } from "./lib/suite.mjs";
import {
  at,
  listFiles,
  main,
  readManifest,
  Refusal,
  writeJson,
  writeWhole,
} from "./lib/workspace.mjs";

const ROUNDS = 3;

await main("reproduce", async () => {
  const rounds = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { tests, failed } = await runSuite();
    console.log(`round ${round} of ${ROUNDS}: ${failed.length} of ${tests.length} tests failed`);
    rounds.push(failed.map(({ name, file, failure }) => ({ name, file, ...failure })));
  }
  const [failures, ...others] = rounds;
  if (others.some((round) => !isDeepStrictEqual(round, failures))) {
    throw new Refusal(
      "the tests do not fail the same way each time: this is a flake, not a failure to fix",
    );
  }
  if (failures.length === 0) throw new Refusal("nothing to reproduce: every test passes");

  const { name, version } = readManifest();
  const sources = (file) => reachedBy(file).filter((path) => path.startsWith("src/"));
  writeJson(at("reports", "failure.json"), {
    package: name,
    version,
    rounds: ROUNDS,
    command: testCommand(),
    failures: failures.map((failure) => ({ ...failure, suspects: sources(failure.file) })),
    files: ["package.json", ...listFiles("src"), ...testFiles()],
  });
  const text = failures
    .map(
      (failure) =>
        `${failure.file}: ${failure.name}\n\n${failure.message}\n\nreaches ${sources(failure.file).join(", ")}`,
    )
    .join("\n\n");
  writeWhole(
    at("reports", "failure.txt"),
    `${name} ${version}, failed ${ROUNDS} times out of ${ROUNDS}\n\n${text}\n`,
  );
  console.log(`\n${text}`);
});
