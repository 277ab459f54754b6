import { Argument, type Command } from "commander";
import type { CompareOptions } from "../commands/compare.ts";

/** Plans of several models side by side, and the paths that a tenant opens. */
export function addModelsCommands(program: Command): void {
  program
    .command("compare")
    .description("the same question for a plan to several models, beside our own plan")
    .argument("<pack>", "of the backlog")
    .option("-m, --models <ids...>", "as `nofx models` lists them; without: the simulated ones")
    .option("-i, --items <keys...>", "only these, with what they need")
    .option("-s, --seed <number>", "for models that take one", Number)
    .option("--json", "for programs")
    .action(async (pack: string, options: CompareOptions) =>
      (await import("../commands/compare.ts")).compare(pack, options),
    );

  const flags = program.command("flags").description("paths that a tenant opens and closes");
  flags
    .command("list", { isDefault: true })
    .description("what is on and off, and why")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/flags.ts")).list(options),
    );
  flags
    .command("set")
    .description("switch one on or off")
    .argument("<name>", "as `nofx flags` lists it")
    .addArgument(new Argument("<state>").choices(["on", "off"]))
    .requiredOption("-m, --message <text>", "why, for those who wonder later")
    .option("--json", "for programs")
    .action(async (name: string, state: string, options: { message: string; json?: boolean }) =>
      (await import("../commands/flags.ts")).set(name, state, options),
    );
}
