import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { copyCheckout } from "./copy-checkout.ts";
import { MUTANTS } from "./mutants.ts";
import { runMutant } from "./run-mutant.ts";

const HELP = `npm run mutants [-- options]

Breaks our own code in ${MUTANTS.length} ways, one at a time, in a copy of the checkout, and requires that a named test notices.

  --list          print the mutants and their killers, run nothing
  --only TEXT     only those whose name has this in it
  --help`;

const { values } = parseArgs({
  options: {
    list: { type: "boolean" },
    only: { type: "string" },
    help: { type: "boolean" },
  },
});

const chosen = MUTANTS.filter((mutant) => mutant.name.includes(values.only ?? ""));
if (values.help === true) {
  console.log(HELP);
} else if (values.list === true) {
  for (const { name, file, killer } of chosen) {
    console.log(
      `${name}\n  in        ${file}\n  killed by ${killer.file}: ${killer.test || "any of its tests"}`,
    );
  }
} else {
  process.exitCode = run();
}

function run(): number {
  const copy = copyCheckout(join(import.meta.dirname, "../.."));
  process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
  process.on("SIGINT", () => process.exit(130));
  let killed = 0;
  for (const mutant of chosen) {
    const { verdict, by } = runMutant(copy, mutant);
    if (verdict === "killed") killed += 1;
    const mark = verdict === "killed" ? "✔" : "✖";
    console.log(`${mark} ${mutant.name}: ${verdict}${by === "" ? "" : ` by "${by}"`}`);
  }
  console.log(`${killed} of ${chosen.length} mutants killed`);
  return killed === chosen.length && killed > 0 ? 0 : 1;
}
