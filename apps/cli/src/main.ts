import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { ExportOptions, HeadOptions, VerifyOptions } from "./commands/audit.ts";
import type { ListOptions, RedriveOptions } from "./commands/dead-letters.ts";
import type { SendEventOptions } from "./commands/events.ts";
import type { OverrideOptions } from "./commands/gates.ts";
import type { ImportOptions } from "./commands/import.ts";
import type { SetRetentionOptions } from "./commands/retention.ts";
import type { ListRunsOptions } from "./commands/runs.ts";
import type { DecideOptions, ListOptions as ListApprovalsOptions } from "./commands/approvals.ts";
import type { CompareOptions } from "./commands/compare.ts";
import type { CreateScheduleOptions } from "./commands/schedules.ts";
import type { SubmitOptions } from "./commands/tasks.ts";
import type { LimitOptions, ScopeOptions } from "./commands/queues.ts";
import { EXIT, explain, wasInterrupted, WrongUsage } from "./errors.ts";
import { root } from "./paths.ts";
import { red } from "./terminal/style.ts";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
};

const program = new Command("nofx")
  .description(
    "NOFX Control Plane: plan a backlog, judge it at gates, approve what is sensitive, execute durably, watch live.",
  )
  .version(version, "-V, --version", "print the version")
  .helpOption("-h, --help", "print help")
  .showHelpAfterError("(nofx help lists the commands and options)")
  .configureHelp({ sortSubcommands: false })
  .exitOverride()
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.\nState lives in .nofx of the clone; NOFX_HOME names another folder. Ports: NOFX_WEB_PORT, NOFX_SUPABASE_PORT, NOFX_POSTGRES_PORT, NOFX_GATEWAY_PORT.",
  );

// Each command is loaded when it runs: --help and --version answer at once.
program
  .command("dev")
  .description("start everything on this machine and keep it running (npm start)")
  .option("--no-demo", "start without the demo backlog")
  .action(async (options: { demo: boolean }) => (await import("./commands/dev.ts")).dev(options));

program
  .command("demo")
  .description(
    "the main job without a browser: import, plan, approve, execute, fetch artifacts (npm run demo)",
  )
  .action(async () => (await import("./commands/demo.ts")).demo());

program
  .command("status")
  .description("what runs in this clone, and what waits for people")
  .option("--json", "for programs")
  .action(async (options: { json?: boolean }) =>
    (await import("./commands/status.ts")).status(options),
  );

program
  .command("stop")
  .description("stop what runs in this clone, as Ctrl-C would")
  .action(async () => (await import("./commands/stop.ts")).stop());

program
  .command("reset")
  .description("remove database, files, sign-ins and logs of this clone, to begin anew")
  .option("-y, --yes", "do not ask")
  .action(async (options: { yes?: boolean }) =>
    (await import("./commands/reset.ts")).reset(options),
  );

program
  .command("doctor")
  .description("check this machine and say what to do about what is wrong")
  .option("--json", "for programs")
  .action(async (options: { json?: boolean }) =>
    (await import("./commands/doctor.ts")).doctor(options),
  );

program
  .command("build")
  .description("build the web app if its sources have changed; npm start does it by itself")
  .action(async () => (await import("./commands/build.ts")).build());

program
  .command("import")
  .description("import a backlog, as the operator")
  .argument("<file>", "JSON, YAML, CSV, Markdown tasks, or issues from gh; - reads standard input")
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
    (await import("./commands/import.ts")).importBacklog(file, options),
  );

program
  .command("plan")
  .description("plan a pack and show what the gates say, as the operator")
  .argument("<pack>", "name of an imported pack")
  .option("--execute", "execute it too, unless something has to be approved first")
  .option("--dry-run", "only forecast it: times, cost, odds, verdicts; nothing is stored")
  .option("--json", "for programs")
  .action(async (pack: string, options: { execute?: boolean; dryRun?: boolean; json?: boolean }) =>
    (await import("./commands/plan.ts")).plan(pack, options),
  );

const runs = program
  .command("runs")
  .description("the newest runs, and what can be done about one")
  .option("-n, --limit <count>", "how many, up to 200", readLimit, 10)
  .addOption(new Option("-t, --type <type>", "only these").choices(["plan", "task"]))
  .option("--json", "for programs")
  .action(async (options: ListRunsOptions) => (await import("./commands/runs.ts")).runs(options));
runs
  .command("cancel")
  .description("call off a run, or one step of it; what was done is undone")
  .argument("<run>", "its id")
  .option("-s, --step <name>", "only this step, and what needs it")
  .option("-m, --reason <text>", "why, for those who read it later")
  .option("--no-undo", "leave what was done as it is")
  .action(async (run: string, options: { step?: string; reason?: string; undo: boolean }) =>
    (await import("./commands/run-control.ts")).cancel(run, options),
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
      (await import("./commands/run-control.ts")).pauseOrResume(verb, run),
    );
}
runs
  .command("fork")
  .description("go on with a run that has ended, from steps of it")
  .argument("<run>", "its id")
  .requiredOption(
    "-f, --from <steps...>",
    "names of the steps that run again, with what needs them",
  )
  .option("-e, --edits <file>", "new arguments by step name, in JSON; somebody else approves them")
  .option("--keep-checkpoints", "steps that had not succeeded go on where they were")
  .action(
    async (run: string, options: { from: string[]; edits?: string; keepCheckpoints?: boolean }) =>
      (await import("./commands/run-control.ts")).fork(run, options),
  );
runs
  .command("rerun")
  .description("run all of an ended run again, from its start")
  .argument("<run>", "its id")
  .option("-e, --edits <file>", "new arguments by step name, in JSON; somebody else approves them")
  .action(async (run: string, options: { edits?: string }) =>
    (await import("./commands/run-control.ts")).rerun(run, options),
  );

program
  .command("tasks")
  .description("single pieces of work, without a plan")
  .command("submit")
  .description("queue one task, or those of a file, all or none of each thousand")
  .option("-k, --kind <kind>", "shell, http, agent, wait or approval")
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
    return (await import("./commands/tasks.ts")).submit(options);
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
    (await import("./commands/dead-letters.ts")).list(options),
  );
deadLetters
  .command("show")
  .description("all that is known of one")
  .argument("<id>", "as `nofx dead-letters` lists it")
  .option("--json", "for programs")
  .action(async (id: string, options: { json?: boolean }) =>
    (await import("./commands/dead-letters.ts")).show(id, options),
  );
deadLetters
  .command("redrive")
  .description("try one again, or many at a pace, in new runs that keep what was done")
  .argument("[id]", "as `nofx dead-letters` lists it")
  .option("-w, --with <file>", "new arguments of the step, in JSON; somebody else approves them")
  .option("-a, --all", "many, oldest first; stops when too many fail again")
  .option("--dry-run", "with --all: say how many it would be")
  .option("--reason <reason>", "with --all: only these, like retries_exhausted")
  .option("-n, --limit <count>", "with --all: how many at most, up to 1000", readCount(1_000), 500)
  .option("--max-per-minute <count>", "with --all: the pace, up to 6000", readCount(6_000), 60)
  .action(async (id: string | undefined, options: RedriveOptions) =>
    (await import("./commands/dead-letters.ts")).redrive(id, options),
  );
deadLetters
  .command("discard")
  .description("give one up")
  .argument("<id>", "as `nofx dead-letters` lists it")
  .requiredOption("-m, --message <text>", "why, for those who read it later")
  .action(async (id: string, options: { message: string }) =>
    (await import("./commands/dead-letters.ts")).discard(id, options),
  );

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
  .action(async (file: string) => (await import("./commands/schedule-file.ts")).scheduleFile(file));

const schedules = program.command("schedules").description("tasks that begin by the clock");
schedules
  .command("list", { isDefault: true })
  .description("what they start, and when next")
  .option("--json", "for programs")
  .action(async (options: { json?: boolean }) =>
    (await import("./commands/schedules.ts")).list(options),
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
    return (await import("./commands/schedules.ts")).create(name, options);
  });
schedules
  .command("pause")
  .description("let nothing begin by it until it is resumed")
  .argument("<name>", "as `nofx schedules list` lists it")
  .requiredOption("-m, --message <text>", "why, for those who find it paused")
  .action(async (name: string, options: { message: string }) =>
    (await import("./commands/schedules.ts")).pause(name, options),
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
      const { remove, resume, run } = await import("./commands/schedules.ts");
      await { resume, run, delete: remove }[verb](name);
    });
}

program
  .command("models")
  .description("language models that can be asked, and what a token costs")
  .option("-a, --all", "also those that only have a price")
  .option("--json", "for programs")
  .action(async (options: { all?: boolean; json?: boolean }) =>
    (await import("./commands/compare.ts")).models(options),
  );
program
  .command("compare")
  .description("the same question for a plan to several models, beside our own plan")
  .argument("<pack>", "of the backlog")
  .option("-m, --models <ids...>", "as `nofx models` lists them; without: the simulated ones")
  .option("-i, --items <keys...>", "only these, with what they need")
  .option("-s, --seed <number>", "for models that take one", Number)
  .option("--json", "for programs")
  .action(async (pack: string, options: CompareOptions) =>
    (await import("./commands/compare.ts")).compare(pack, options),
  );

const flags = program.command("flags").description("paths that a tenant opens and closes");
flags
  .command("list", { isDefault: true })
  .description("what is on and off, and why")
  .option("--json", "for programs")
  .action(async (options: { json?: boolean }) =>
    (await import("./commands/flags.ts")).list(options),
  );
flags
  .command("set")
  .description("switch one on or off")
  .argument("<name>", "as `nofx flags` lists it")
  .addArgument(new Argument("<state>").choices(["on", "off"]))
  .requiredOption("-m, --message <text>", "why, for those who wonder later")
  .option("--json", "for programs")
  .action(async (name: string, state: string, options: { message: string; json?: boolean }) =>
    (await import("./commands/flags.ts")).set(name, state, options),
  );

const approvals = program.command("approvals").description("questions to people");
approvals
  .command("list", { isDefault: true })
  .description("those that wait, the most urgent first")
  .option("-a, --all", "also those that are decided")
  .option("-r, --run <id>", "only under this run, at any depth")
  .option("--risk <label>", "only of this risk, like critical")
  .option("-g, --group <name>", "only those that this group is asked for")
  .option("--json", "for programs")
  .action(async (options: ListApprovalsOptions) =>
    (await import("./commands/approvals.ts")).list(options),
  );
approvals
  .command("show")
  .description("exactly what is asked, who stands behind it, and what was said")
  .argument("<id>", "approval_...")
  .option("--json", "for programs")
  .action(async (id: string, options: { json?: boolean }) =>
    (await import("./commands/approvals.ts")).show(id, options),
  );
approvals
  .command("approve")
  .description("say yes; with --with to what you made of it")
  .argument("<id>", "approval_...")
  .option("-m, --message <text>", "why")
  .option("-d, --digest <digest>", "of what you read; refused when it is no longer that")
  .option("-w, --with <file>", "JSON: all of the arguments, as they are to run")
  .option("--for <user>", "somebody who delegated their vote to you")
  .action(async (id: string, options: DecideOptions) =>
    (await import("./commands/approvals.ts")).decide(id, "approve", options),
  );
approvals
  .command("reject")
  .description("say no")
  .argument("<id>", "approval_...")
  .requiredOption("-m, --message <text>", "why; whoever asked reads it")
  .option("--for <user>", "somebody who delegated their vote to you")
  .action(async (id: string, options: DecideOptions) =>
    (await import("./commands/approvals.ts")).decide(id, "reject", options),
  );
approvals
  .command("comment")
  .description("say something about it; decides nothing")
  .argument("<id>", "approval_...")
  .argument("<text>")
  .action(async (id: string, text: string) =>
    (await import("./commands/approvals.ts")).comment(id, text),
  );
approvals
  .command("people")
  .description("who could decide, the groups, and the rules that name them")
  .option("--json", "for programs")
  .action(async (options: { json?: boolean }) =>
    (await import("./commands/approvals.ts")).people(options),
  );
approvals
  .command("delegate")
  .description("have somebody else vote in your stead, for a time")
  .argument("<user>", "as `nofx approvals people` lists them")
  .requiredOption("-m, --message <text>", "why")
  .option("--days <n>", "how long, 90 at most", readCount(90), 7)
  .action(async (user: string, options: { days: number; message: string }) =>
    (await import("./commands/approvals.ts")).delegate(user, options),
  );

const tools = program.command("tools").description("the catalogue of what agents may use");
tools
  .command("list", { isDefault: true })
  .description("each by name, with the version that holds")
  .option("-a, --all", "also older versions")
  .option("--json", "for programs")
  .action(async (options: { all?: boolean; json?: boolean }) =>
    (await import("./commands/tools.ts")).list(options),
  );
tools
  .command("put")
  .description("list a tool, or a new version of it")
  .argument("<file>", "JSON: name, version, title, inputSchema, sensitivity")
  .action(async (file: string) => (await import("./commands/tools.ts")).put(file));
tools
  .command("retire")
  .description("take it out of the catalogue")
  .argument("<name>")
  .action(async (name: string) => (await import("./commands/tools.ts")).retire(name));
tools
  .command("runs")
  .description("what was done with tools, newest first")
  .argument("[name]")
  .option("--json", "for programs")
  .action(async (name: string | undefined, options: { json?: boolean }) =>
    (await import("./commands/tools.ts")).runs(name, options),
  );

const queues = program
  .command("queues")
  .description("the queues: what they hold and do, and the rules that bind them");
queues
  .command("list", { isDefault: true })
  .description("all of the tenant, by name")
  .option("--json", "for programs")
  .action(async (options: { json?: boolean }) =>
    (await import("./commands/queues.ts")).list(options),
  );
const scoped = (command: Command) =>
  command
    .argument("[queue]", "its name; without it the whole tenant")
    .option("-t, --type <type>", "only steps of this kind or capability, like shell or code.*")
    .option("--plane", "the whole plane, for those who operate it")
    .option("--tenant <slug>", "another tenant, for those who operate the plane");
scoped(queues.command("pause").description("let nothing of it begin until it is resumed"))
  .requiredOption("-m, --message <text>", "why; people read it where work stands")
  .action(async (queue: string | undefined, options: ScopeOptions & { message: string }) =>
    (await import("./commands/queues.ts")).pause(queue, options),
  );
scoped(queues.command("resume").description("let it go on")).action(
  async (queue: string | undefined, options: ScopeOptions) =>
    (await import("./commands/queues.ts")).resume(queue, options),
);
scoped(queues.command("limit").description("limit what runs, begins or queues up; none: no limit"))
  .option("-a, --agent <id>", "only steps that this agent executes")
  .option("--max-running <count>", "so many at once, over all workers")
  .option("--max-queued <count>", "refuse what would make it more")
  .option("--rate <rate>", "like 100/60s, or 100/60s:10 with a burst of 10")
  .option("--weight <weight>", "of a tenant beside others, 1 to 100, by the plane")
  .option("--json", "for programs")
  .action(async (queue: string | undefined, options: LimitOptions) =>
    (await import("./commands/queues.ts")).limit(queue, options),
  );

const workers = program
  .command("workers")
  .description("the workers: who is there, what they have code for, what they do")
  .option("-a, --all", "also those that have ended")
  .option("--json", "for programs")
  .action(async (options: { all?: boolean; json?: boolean }) =>
    (await import("./commands/workers.ts")).workers(options),
  );
workers
  .command("drain")
  .description("let a worker end what it holds and claim nothing more")
  .argument("<name>", "as `nofx workers` lists it")
  .action(async (name: string) => (await import("./commands/workers.ts")).drain(name));
workers
  .command("undrain")
  .description("let a drained worker claim again")
  .argument("<name>", "as `nofx workers` lists it")
  .action(async (name: string) => (await import("./commands/workers.ts")).undrain(name));

const retention = program
  .command("retention")
  .description("how long runs and events are kept, and where");
retention
  .command("show", { isDefault: true })
  .description("what holds for this tenant")
  .option("--json", "for programs")
  .action(async (options: { json?: boolean }) =>
    (await import("./commands/retention.ts")).show(options),
  );
retention
  .command("set")
  .description("say otherwise, as an admin; a span is like 7d, 12h, 30m or never")
  .option("--archive-after <span>", "a finished run moves to the history so long after its end")
  .option("--delete-after <span>", "an archived run is deleted so long after its end")
  .option("--events-after <span>", "events of that age are deleted")
  .option("--reset", "forget first what this tenant has set before")
  .action(async (options: SetRetentionOptions) =>
    (await import("./commands/retention.ts")).set(options),
  );

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
    (await import("./commands/gates.ts")).test(files, options),
  );
gates
  .command("rules")
  .description("the rules that hold, and how often each found something of late")
  .option("--json", "for programs")
  .action(async (options: { json?: boolean }) =>
    (await import("./commands/gates.ts")).rules(options),
  );
gates
  .command("save")
  .description("save rules from files, as the admin")
  .argument("<files...>", "YAML or JSON, - for standard input")
  .action(async (files: string[]) => (await import("./commands/gates.ts")).save(files));
gates
  .command("show")
  .description("what the gates found in a plan, and what of it is overridden")
  .argument("<plan>", "its id")
  .option("--json", "for programs")
  .action(async (plan: string, options: { json?: boolean }) =>
    (await import("./commands/gates.ts")).show(plan, options),
  );
gates
  .command("revoke")
  .description("take an override back, as the supervisor")
  .argument("<override>", "its id")
  .requiredOption("--reason <text>", "why")
  .action(async (override: string, options: { reason: string }) =>
    (await import("./commands/gates.ts")).revoke(override, options),
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
    (await import("./commands/gates.ts")).override(plan, options),
  );

const audit = program
  .command("audit")
  .description("the audit log: exports, their verification, decisions as they were taken");
audit
  .command("export")
  .description("write the audit log to a file, as the supervisor")
  .option("--from <seq>", "first entry", readCount(Number.MAX_SAFE_INTEGER))
  .option("--to <seq>", "last entry", readCount(Number.MAX_SAFE_INTEGER))
  .option("-o, --output <file>", "otherwise standard output")
  .action(async (options: ExportOptions) =>
    (await import("./commands/audit.ts")).exportLog(options),
  );
audit
  .command("verify")
  .description("verify an export on any machine, without a server")
  .argument("<export>", "the file; - reads standard input")
  .requiredOption("-k, --key <files...>", "public Ed25519 keys in PEM that you trust")
  .option("--head <digest>", "a digest that you kept outside: its file, or the text itself")
  .option("--json", "for programs")
  .addHelpText("after", "\nExit codes: 0 nothing wrong found, 1 tampered with, 2 wrong usage.")
  .action(async (file: string, options: VerifyOptions) =>
    (await import("./commands/audit-verify.ts")).verify(file, options),
  );
audit
  .command("head")
  .description("print the newest signed digest, to keep outside")
  .option("--now", "have one signed first, as the supervisor")
  .action(async (options: HeadOptions) => (await import("./commands/audit.ts")).head(options));
audit
  .command("replay")
  .description("show a decision as it was taken, from the snapshots that were kept of it")
  .argument("<plan>", "id of a plan, or a snapshot's file")
  .option("--json", "for programs")
  .action(async (plan: string, options: { json?: boolean }) =>
    (await import("./commands/audit-replay.ts")).replay(plan, options),
  );

program
  .command("lineage")
  .description("what became of a backlog item, or where an artifact comes from")
  .argument("<item>", "id or key of an item, or id of an artifact")
  .option("--json", "for programs")
  .action(async (item: string, options: { json?: boolean }) =>
    (await import("./commands/lineage.ts")).lineage(item, options),
  );

program
  .command("pull-plug")
  .description("freeze the worker that holds a step of a run, and see the step move on to another")
  .argument("[run]", "id of the run; otherwise the newest that is going on")
  .action(async (run?: string) => (await import("./commands/pull-plug.ts")).pullPlug(run));

program
  .command("events")
  .description("what steps wait for from outside")
  .command("send")
  .description("tell the steps that wait for it of something that happened outside")
  .argument("<name>", "of the event, like payment.settled")
  .option("-k, --key <key>", "what it is about, like an order's number")
  .option("-j, --json <payload>", "what came with it, in JSON")
  .option("-r, --run <id>", "only for steps of this run")
  .option("--once <key>", "sent again under the same key it is the same event")
  .action(async (name: string, options: SendEventOptions) =>
    (await import("./commands/events.ts")).sendEvent(name, options),
  );

function readLimit(text: string): number {
  return readCount(200)(text);
}

function readCount(max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (Number.isInteger(count) && count >= 1 && count <= max) return count;
    throw new InvalidArgumentError(`It takes a number from 1 to ${max}.`);
  };
}

async function run(): Promise<number> {
  try {
    await program.parseAsync();
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (wasInterrupted(error)) {
      console.error("\nInterrupted; everything that was started has ended.");
      return EXIT.interrupted;
    }
    console.error(`\n${red("✖")} ${explain(error)}`);
    return error instanceof WrongUsage ? EXIT.usage : EXIT.failed;
  }
}

process.exitCode = await run();
