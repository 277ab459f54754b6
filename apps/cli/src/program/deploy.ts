import type { Command } from "commander";
import type { CheckOptions } from "../commands/deploy.ts";
import { readCount } from "./read-count.ts";

/** New code, before it is deployed. */
export function addDeployCommands(program: Command): void {
  const deploy = program
    .command("deploy")
    .description("new code of an agent, held against the runs that have not ended");
  deploy
    .command("check")
    .description(
      "which live runs go on with it, which need a migration, which must stay on the old code",
    )
    .argument(
      "<target...>",
      "a module that exports the agent or its tasks; or, behind --, a command that answers",
    )
    .option(
      "-a, --agent <name>",
      "the agent of the registry that it is: what that offers now counts as offered",
    )
    .option(
      "-o, --offered <capabilities>",
      "what is offered now, with commas: missing from the code, it is told",
    )
    .option("-f, --file <path>", "histories from `nofx deploy export`, and no control plane")
    .option("--timeout <seconds>", "how long the code may take", readCount(3_600), 120)
    .option("--json", "for programs")
    .addHelpText(
      "after",
      "\nExits with 0 when all of them go on, else with 1. docs/sdk/deploy-check.md says more.",
    )
    .action(async (target: string[], options: CheckOptions) =>
      (await import("../commands/deploy.ts")).check(target, options),
    );
  deploy
    .command("export")
    .description("what is stored of live runs, or of one run, as JSON")
    .option("-c, --capabilities <list>", "runs with a step of one of these, with commas")
    .option("-r, --run <id>", "one run, whatever its status: for tests to replay")
    .action(async (options: { capabilities?: string; run?: string }) =>
      (await import("../commands/deploy.ts")).exportHistories(options),
    );
}
