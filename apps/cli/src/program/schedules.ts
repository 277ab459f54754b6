import { type Command, Option } from "commander";
import type { CreateScheduleOptions } from "../commands/schedules.ts";
import { readCount } from "./read-count.ts";

/** When to do what. */
export function addSchedulesCommands(program: Command): void {
  program
    .command("schedule")
    .description(
      "when to do what: a shortest schedule of tasks that share resources, without a server",
    )
    .argument(
      "<file>",
      "JSON: {resources, tasks: [{id, duration, requires, after}], timeBudgetMs, seed}; - reads standard input",
    )
    .addHelpText(
      "after",
      "\nPrints {makespan, lowerBound, iterations, starts} as JSON. docs/planning.md says more.\nTasks that begin by the clock are at nofx schedules.",
    )
    .action(async (file: string) =>
      (await import("../commands/schedule-file.ts")).scheduleFile(file),
    );

  const schedules = program.command("schedules").description("tasks that begin by the clock");
  schedules
    .command("list", { isDefault: true })
    .description("what they start, and when next")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/schedules.ts")).list(options),
    );
  schedules
    .command("create")
    .description("have a task begin by cron in a time zone, or so many seconds apart")
    .argument("<name>", "unique, like nightly-report")
    .option("-c, --cron <expression>", "5 fields, 6 with seconds first, or @daily and the like")
    .addOption(
      new Option("-e, --every <seconds>", "instead of cron")
        .argParser(readCount(31_536_000))
        .conflicts("cron"),
    )
    .option("-z, --zone <name>", "that cron is read in, like Europe/Berlin", "UTC")
    .requiredOption("-k, --kind <kind>", "shell, http, agent or wait")
    .requiredOption("-w, --with <json>", "its arguments, in JSON, as a backlog item has them")
    .option("-t, --title <text>", "what people see")
    .option("-q, --queue <name>", "where it queues up")
    .option("-p, --priority <n>", "1 first, to 5 last", readCount(5))
    .addOption(
      new Option("--overlap <policy>", "while the run before goes on")
        .choices(["allow", "skip"])
        .default("allow"),
    )
    .option("--catch-up <n>", "how many missed instants are made up for; 0: none", Number, 1)
    .option("--jitter <seconds>", "begin up to so much later", Number, 0)
    .option("--json", "for programs")
    .action(async (name: string, options: CreateScheduleOptions, command: Command) => {
      if (options.cron === undefined && options.every === undefined) {
        command.error("error: give --cron or --every");
      }
      return (await import("../commands/schedules.ts")).create(name, options);
    });
  schedules
    .command("pause")
    .description("let nothing begin by it until it is resumed")
    .argument("<name>", "as `nofx schedules list` lists it")
    .requiredOption("-m, --message <text>", "why, for those who find it paused")
    .action(async (name: string, options: { message: string }) =>
      (await import("../commands/schedules.ts")).pause(name, options),
    );
  for (const [verb, about] of [
    ["resume", "go on with the next instant from now"],
    ["run", "start its task now, outside its timetable"],
    ["delete", "delete it; its runs stay"],
  ] as const) {
    schedules
      .command(verb)
      .description(about)
      .argument("<name>", "as `nofx schedules list` lists it")
      .action(async (name: string) => {
        const { remove, resume, run } = await import("../commands/schedules.ts");
        await { resume, run, delete: remove }[verb](name);
      });
  }
}
