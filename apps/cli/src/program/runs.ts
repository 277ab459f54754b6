import { type Command, Option } from "commander";
import type { ListOptions, RedriveOptions } from "../commands/dead-letters.ts";
import type { ListRunsOptions } from "../commands/runs.ts";
import type { SubmitOptions } from "../commands/tasks.ts";
import { readCount, readLimit } from "./read-count.ts";

/** Runs of plans, tasks without one, and what failed in them. */
export function addRunsCommands(program: Command): void {
  const runs = program
    .command("runs")
    .description("the newest runs, one of them, and what can be done about it");
  runs
    .command("list", { isDefault: true })
    .description("the newest, newest first, and why they failed")
    .option("-n, --limit <count>", "how many, up to 200", readLimit, 10)
    .addOption(new Option("-t, --type <type>", "only these").choices(["plan", "task"]))
    .option("--json", "for programs")
    .action(async (options: ListRunsOptions) =>
      (await import("../commands/runs.ts")).runs(options),
    );
  runs
    .command("show")
    .description("one of them: its steps, what failed, what waits for an answer, what came of it")
    .argument("<run>", "its id")
    .option("--json", "for programs")
    .action(async (run: string, options: { json?: boolean }) =>
      (await import("../commands/run-show.ts")).show(run, options),
    );
  runs
    .command("cancel")
    .description("call off a run, or one step of it; what was done is undone")
    .argument("<run>", "its id")
    .option("-s, --step <name>", "only this step, and what needs it")
    .option("-m, --reason <text>", "why, for those who read it later")
    .option("--no-undo", "leave what was done as it is")
    .action(async (run: string, options: { step?: string; reason?: string; undo: boolean }) =>
      (await import("../commands/run-control.ts")).cancel(run, options),
    );
  for (const [verb, about] of [
    ["pause", "let nothing of a run begin until it is resumed"],
    ["resume", "let a paused run go on"],
  ] as const) {
    runs
      .command(verb)
      .description(about)
      .argument("<run>", "its id")
      .action(async (run: string) =>
        (await import("../commands/run-control.ts")).pauseOrResume(verb, run),
      );
  }
  runs
    .command("tree")
    .description("who works below whom in a run: sessions, their agents, and what was spawned")
    .argument("<run>", "its id")
    .option("--json", "for programs")
    .action(async (run: string, options: { json?: boolean }) =>
      (await import("../commands/tree.ts")).tree(run, options),
    );
  runs
    .command("fork")
    .description("go on with a run that has ended, from steps of it")
    .argument("<run>", "its id")
    .requiredOption(
      "-f, --from <steps...>",
      "names of the steps that run again, with what needs them",
    )
    .option(
      "-e, --edits <file>",
      "new arguments by step name, in JSON; somebody else approves them",
    )
    .option("--keep-checkpoints", "steps that had not succeeded go on where they were")
    .action(
      async (run: string, options: { from: string[]; edits?: string; keepCheckpoints?: boolean }) =>
        (await import("../commands/run-control.ts")).fork(run, options),
    );
  runs
    .command("rerun")
    .description("run all of an ended run again, from its start")
    .argument("<run>", "its id")
    .option(
      "-e, --edits <file>",
      "new arguments by step name, in JSON; somebody else approves them",
    )
    .action(async (run: string, options: { edits?: string }) =>
      (await import("../commands/run-control.ts")).rerun(run, options),
    );

  program
    .command("tasks")
    .description("single pieces of work, without a plan")
    .command("submit")
    .description("queue one task, or those of a file, all or none of each thousand")
    .option("-k, --kind <kind>", "shell, http, agent, session, wait or approval")
    .option("-w, --with <json>", "its arguments, in JSON, as a backlog item has them")
    .option("-t, --title <text>", "what people see")
    .option("-q, --queue <name>", "where it queues up")
    .option("-p, --priority <n>", "1 first, to 5 last", readCount(5))
    .option("--run-at <time>", "not before this, like 2027-01-31T06:00:00Z")
    .option("--key <key>", "submitted again under the same key it is the same task")
    .addOption(
      new Option(
        "-f, --file <file>",
        "many, in JSON or YAML: a list, or {tasks: [...]}; - reads standard input",
      ).conflicts(["kind", "with", "title", "queue", "priority", "runAt", "key"]),
    )
    .option("--json", "for programs")
    .action(async (options: SubmitOptions, command: Command) => {
      if (options.kind === undefined && options.file === undefined) {
        command.error("error: give --kind and --with for one task, or --file for many");
      }
      return (await import("../commands/tasks.ts")).submit(options);
    });

  const deadLetters = program
    .command("dead-letters")
    .description("steps that failed for good and wait for a repair");
  deadLetters
    .command("list", { isDefault: true })
    .description("those that are open, newest failure first")
    .option(
      "-s, --status <status>",
      "open, new, triaged, redriving, resolved, discarded or all",
      "open",
    )
    .option("--reason <reason>", "like retries_exhausted")
    .option("-r, --run <id>", "only of this run")
    .option("-n, --limit <count>", "how many, up to 200", readLimit, 20)
    .option("--json", "for programs")
    .action(async (options: ListOptions) =>
      (await import("../commands/dead-letters.ts")).list(options),
    );
  deadLetters
    .command("show")
    .description("all that is known of one")
    .argument("<id>", "as `nofx dead-letters` lists it")
    .option("--json", "for programs")
    .action(async (id: string, options: { json?: boolean }) =>
      (await import("../commands/dead-letters.ts")).show(id, options),
    );
  deadLetters
    .command("redrive")
    .description("try one again, or many at a pace, in new runs that keep what was done")
    .argument("[id]", "as `nofx dead-letters` lists it")
    .option("-w, --with <file>", "new arguments of the step, in JSON; somebody else approves them")
    .option("-a, --all", "many, oldest first; stops when too many fail again")
    .option("--dry-run", "with --all: say how many it would be")
    .option("--reason <reason>", "with --all: only these, like retries_exhausted")
    .option(
      "-n, --limit <count>",
      "with --all: how many at most, up to 1000",
      readCount(1_000),
      500,
    )
    .option("--max-per-minute <count>", "with --all: the pace, up to 6000", readCount(6_000), 60)
    .action(async (id: string | undefined, options: RedriveOptions) =>
      (await import("../commands/dead-letters.ts")).redrive(id, options),
    );
  deadLetters
    .command("discard")
    .description("give one up")
    .argument("<id>", "as `nofx dead-letters` lists it")
    .requiredOption("-m, --message <text>", "why, for those who read it later")
    .action(async (id: string, options: { message: string }) =>
      (await import("../commands/dead-letters.ts")).discard(id, options),
    );
}
