import { ItemType, Strategy } from "@nofx/core/vocabulary";
import { InvalidArgumentError, Option, type Command } from "commander";
import type * as Dispatch from "../commands/dispatch.ts";
import { readCount } from "./read-count.ts";

const json = ["--json", "for programs"] as const;

/** How strategies and agents are chosen. */
export function addDispatchCommands(program: Command): void {
  const dispatch = program
    .command("dispatch")
    .description("which strategy and agents were chosen, why, and what that brings");
  dispatch
    .command("decisions", { isDefault: true })
    .description("the newest choices, with reason and outcome")
    .option("-c, --capability <name>", "only for this one")
    .addOption(new Option("-s, --strategy <name>", "only this one").choices(Strategy.options))
    .option("--run <id>", "only of this run")
    .option("--held-out", "only those made at random")
    .option("-n, --limit <count>", "how many", readCount(200), 20)
    .option(...json)
    .action(async (options: Dispatch.DecisionsOptions) =>
      (await import("../commands/dispatch.ts")).decisions(options),
    );
  dispatch
    .command("measure")
    .description("what choosing on evidence brings beyond choosing at random, with an interval")
    .option("-c, --capability <name>", "only for this one")
    .option("-d, --days <count>", "how far back", readCount(180), 30)
    .option(...json)
    .action(async (options: Dispatch.MeasureOptions) =>
      (await import("../commands/dispatch.ts")).measure(options),
    );
  dispatch
    .command("what-if")
    .description("which strategy and agents such work would most likely get; nothing is stored")
    .argument("<capability>", "like code.patch")
    .option("-l, --label <name...>", "as on the item; a risk is production, secrets, irreversible")
    .addOption(new Option("-t, --type <type>", "of the item").choices(ItemType.options))
    .option("-p, --priority <1-5>", "1 is the most urgent", readCount(5))
    .option("--seconds <count>", "that are left for it", readCount(31_536_000))
    .option("--usd <amount>", "that it may cost", readAmount)
    .addOption(new Option("--allow <strategies...>", "no others").choices(Strategy.options))
    .option(...json)
    .action(async (capability: string, options: Dispatch.WhatIfOptions) =>
      (await import("../commands/dispatch.ts")).whatIf(capability, options),
    );
  dispatch
    .command("why")
    .description("for which agent a step was meant, who took it, and why")
    .argument("<step>", "its id")
    .option(...json)
    .action(async (step: string, options: { json?: boolean }) =>
      (await import("../commands/dispatch.ts")).why(step, options),
    );
  dispatch
    .command("settings")
    .description(
      "the share of hold-out and what success and time are worth; with options, as admin",
    )
    .option("--hold-out <share>", "0 to 0.5, chosen at random", readAmount)
    .option("--success-usd <amount>", "what a success is worth", readAmount)
    .option("--hour-usd <amount>", "what an hour of waiting costs", readAmount)
    .option("--prefer-seconds <seconds>", "how long a step is left to one agent", readAmount)
    .option(...json)
    .action(async (options: Dispatch.SettingsOptions) =>
      (await import("../commands/dispatch.ts")).settings(options),
    );
}

function readAmount(text: string): number {
  const amount = Number(text);
  if (text.trim() !== "" && Number.isFinite(amount) && amount >= 0) return amount;
  throw new InvalidArgumentError("It takes a number, 0 or more.");
}
