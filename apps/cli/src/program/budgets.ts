import { BudgetMeasure, BudgetOutcome, BudgetScope, BudgetWindow } from "@nofx/core/budgets";
import { Option, type Command } from "commander";
import type { ChangeOptions, SetOptions, UsageOptions } from "../commands/budgets.ts";
import { readCount, readLimit } from "./read-count.ts";

/** What may be spent, and what was. */
export function addBudgetsCommands(program: Command): void {
  const budgets = program
    .command("budgets")
    .description("what may be spent, used and begun: of a run, agent, team, model or all");
  budgets
    .command("list", { isDefault: true })
    .description("all of the tenant, with what is used of them now")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/budgets.ts")).list(options),
    );
  limits(
    budgets
      .command("set")
      .description("a new budget")
      .argument("<name>", "of its own in the tenant")
      .argument("<limit>", "USD like 2.50, or a whole number")
      .addOption(
        new Option("-s, --scope <scope>", "whose use is summed")
          .choices(BudgetScope.options)
          .default("tenant"),
      )
      .option("-f, --for <subject>", "one run, agent, team or model; without: each on its own")
      .option("--model <pattern>", "only what is asked of such models, like openai/*")
      .addOption(
        new Option("-m, --measure <measure>", "what is counted")
          .choices(BudgetMeasure.options)
          .default("usd"),
      )
      .addOption(
        new Option("-w, --window <window>", "when it begins anew").choices(BudgetWindow.options),
      )
      .option("--per <seconds>", "a rate: the limit flows in in so many seconds", readCount(86_400))
      .option("--burst <count>", "of a rate: so many at once", readCount(2_000_000_000)),
  ).action(async (name: string, limit: string, options: SetOptions) =>
    (await import("../commands/budgets.ts")).set(name, limit, options),
  );
  limits(
    budgets
      .command("change")
      .description("another limit, another outcome, off or on")
      .argument("<name>", "or id, as `nofx budgets` lists it")
      .option("-l, --limit <amount>", "USD like 2.50, or a whole number")
      .option("--off", "it binds nothing until it is on again")
      .option("--on", "it binds again"),
  ).action(async (name: string, options: ChangeOptions) =>
    (await import("../commands/budgets.ts")).change(name, options),
  );
  budgets
    .command("remove")
    .description("it binds nothing any more; what it counted stays in the books")
    .argument("<name>", "or id, as `nofx budgets` lists it")
    .action(async (name: string) => (await import("../commands/budgets.ts")).remove(name));
  budgets
    .command("usage")
    .description("the windows of a budget, newest first")
    .argument("<name>", "or id, as `nofx budgets` lists it")
    .option("-f, --for <subject>", "of one run, agent, team or model")
    .option("-n, --limit <count>", "so many", readLimit, 20)
    .option("--json", "for programs")
    .action(async (name: string, options: { for?: string; limit: number; json?: boolean }) =>
      (await import("../commands/budgets.ts")).windows(name, options),
    );
  budgets
    .command("time-zone")
    .description("by whose clock days and months begin")
    .argument("<zone>", "an IANA name like Europe/Berlin")
    .action(async (zone: string) => (await import("../commands/budgets.ts")).timeZone(zone));

  program
    .command("usage")
    .description("what was asked of models and what it cost, exactly")
    .addOption(
      new Option("-b, --by <dimension>", "summed by")
        .choices(["tenant", "run", "step", "agent", "model", "day"])
        .default("model"),
    )
    .option("--from <day>", "like 2026-11-01; without: 30 days back")
    .option("--to <day>", "that day is in it; without: today")
    .option("--run <id>", "of one run")
    .option("--agent <id>", "of one agent")
    .option("--model <id>", "of one model, provider/model")
    .option("-n, --limit <count>", "so many rows", readCount(1_000), 100)
    .option("--csv", "for spreadsheets")
    .option("--json", "for programs")
    .action(async (options: UsageOptions) => (await import("../commands/usage.ts")).usage(options));
}

function limits(command: Command): Command {
  return command
    .addOption(
      new Option("-o, --outcome <outcome>", "what follows where too little is left").choices(
        BudgetOutcome.options,
      ),
    )
    .option("-e, --extra <amount>", "beyond the limit: what a yes adds, or the last work may use")
    .option("-n, --note <text>", "for those who wonder later")
    .option("--json", "for programs");
}
