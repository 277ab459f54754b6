import type { Command } from "commander";
import type { OverrideOptions } from "../commands/gates.ts";
import { readCount } from "./read-count.ts";

/** Rules that judge plans. */
export function addGatesCommands(program: Command): void {
  const gates = program
    .command("gates")
    .description("rules that judge plans, what they found, and their tests (npm run gates)");
  gates
    .command("test")
    .description(
      "run the examples of rules; without files those of the product and of examples/gates",
    )
    .argument("[files...]", "YAML or JSON, - for standard input")
    .option("--json", "for programs")
    .addHelpText("after", "\nExit codes: 0 all come out as they say, 1 some do not, 2 wrong usage.")
    .action(async (files: string[], options: { json?: boolean }) =>
      (await import("../commands/gates.ts")).test(files, options),
    );
  gates
    .command("rules")
    .description("the rules that hold, and how often each found something of late")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/gates.ts")).rules(options),
    );
  gates
    .command("save")
    .description("save rules from files, as the admin")
    .argument("<files...>", "YAML or JSON, - for standard input")
    .action(async (files: string[]) => (await import("../commands/gates.ts")).save(files));
  gates
    .command("show")
    .description("what the gates found in a plan, and what of it is overridden")
    .argument("<plan>", "its id")
    .option("--json", "for programs")
    .action(async (plan: string, options: { json?: boolean }) =>
      (await import("../commands/gates.ts")).show(plan, options),
    );
  gates
    .command("revoke")
    .description("take an override back, as the supervisor")
    .argument("<override>", "its id")
    .requiredOption("--reason <text>", "why")
    .action(async (override: string, options: { reason: string }) =>
      (await import("../commands/gates.ts")).revoke(override, options),
    );

  program
    .command("override")
    .description("answer for going on although a gate warns or blocks, as the supervisor")
    .argument("<plan>", "id of the plan")
    .requiredOption("--reason <text>", "why it may go on: whoever reads the plan reads this")
    .option("--rule <name>", "only what this rule found")
    .option("--step <name>", "only what was found about this step")
    .option("--hours <number>", "for how long it counts", readCount(720), 24)
    .option("--json", "for programs")
    .action(async (plan: string, options: OverrideOptions) =>
      (await import("../commands/gates.ts")).override(plan, options),
    );
}
