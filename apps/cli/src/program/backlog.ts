import { type Command, Option } from "commander";
import type { ImportOptions } from "../commands/import.ts";
import type { PlanOptions } from "../commands/plan.ts";

/** From a file to a plan. */
export function addBacklogCommands(program: Command): void {
  program
    .command("import")
    .description("import a backlog, as the operator")
    .argument(
      "<file>",
      "JSON, YAML, CSV, Markdown tasks, or issues from gh; - reads standard input",
    )
    .addOption(
      new Option("-f, --format <format>", "what the file is; found out when absent").choices([
        "csv",
        "markdown",
        "github",
        "json",
        "yaml",
      ]),
    )
    .option(
      "-m, --map <field=column>",
      "CSV: which column a field is, title=Summary; may be repeated",
      (pair: string, pairs: string[] | undefined) => [...(pairs ?? []), pair],
    )
    .option("--pack <name>", "the pack that the items go to")
    .option("--dry-run", "say what would happen, row by row; write nothing")
    .option("--skip-invalid", "import the rows that are right and name the others")
    .option("--refused <file>", "write the refused rows to this file, as CSV")
    .option("--json", "for programs")
    .action(async (file: string, options: ImportOptions) =>
      (await import("../commands/import.ts")).importBacklog(file, options),
    );

  program
    .command("plan")
    .description("plan what is not done of a pack, and show what the gates say, as the operator")
    .argument("<pack>", "name of an imported pack")
    .option("--execute", "execute it too, unless something has to be approved first")
    .option("-a, --all", "also the items that are done: a run does them again")
    .option("--again", "make another version also where nothing has changed since the newest")
    .option("--dry-run", "only forecast it: times, cost, odds, verdicts; nothing is stored")
    .option("--json", "for programs")
    .action(async (pack: string, options: PlanOptions) =>
      (await import("../commands/plan.ts")).plan(pack, options),
    );

  program
    .command("execute")
    .description("execute a plan as it stands, without planning again, as the operator")
    .argument("<plan>", "its id, or the name of a pack: its newest version")
    .option("--json", "for programs")
    .action(async (plan: string, options: { json?: boolean }) =>
      (await import("../commands/execute.ts")).execute(plan, options),
    );
}
