import type { Command } from "commander";
import type { LimitOptions, ScopeOptions } from "../commands/queues.ts";
import type { SetRetentionOptions } from "../commands/retention.ts";

/** For those who run the plane. */
export function addOperationsCommands(program: Command): void {
  const queues = program
    .command("queues")
    .description("the queues: what they hold and do, and the rules that bind them");
  queues
    .command("list", { isDefault: true })
    .description("all of the tenant, by name")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/queues.ts")).list(options),
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
      (await import("../commands/queues.ts")).pause(queue, options),
    );
  scoped(queues.command("resume").description("let it go on")).action(
    async (queue: string | undefined, options: ScopeOptions) =>
      (await import("../commands/queues.ts")).resume(queue, options),
  );
  scoped(
    queues.command("limit").description("limit what runs, begins or queues up; none: no limit"),
  )
    .option("-a, --agent <id>", "only steps that this agent executes")
    .option("--max-running <count>", "so many at once, over all workers")
    .option("--max-queued <count>", "refuse what would make it more")
    .option("--rate <rate>", "like 100/60s, or 100/60s:10 with a burst of 10")
    .option("--weight <weight>", "of a tenant beside others, 1 to 100, by the plane")
    .option("--json", "for programs")
    .action(async (queue: string | undefined, options: LimitOptions) =>
      (await import("../commands/queues.ts")).limit(queue, options),
    );

  const workers = program
    .command("workers")
    .description("the workers: who is there, what they have code for, what they do")
    .option("-a, --all", "also those that have ended")
    .option("--json", "for programs")
    .action(async (options: { all?: boolean; json?: boolean }) =>
      (await import("../commands/workers.ts")).workers(options),
    );
  workers
    .command("drain")
    .description("let a worker end what it holds and claim nothing more")
    .argument("<name>", "as `nofx workers` lists it")
    .action(async (name: string) => (await import("../commands/workers.ts")).drain(name));
  workers
    .command("undrain")
    .description("let a drained worker claim again")
    .argument("<name>", "as `nofx workers` lists it")
    .action(async (name: string) => (await import("../commands/workers.ts")).undrain(name));

  const retention = program
    .command("retention")
    .description("how long runs and events are kept, and where");
  retention
    .command("show", { isDefault: true })
    .description("what holds for this tenant")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/retention.ts")).show(options),
    );
  retention
    .command("set")
    .description("say otherwise, as an admin; a span is like 7d, 12h, 30m or never")
    .option("--archive-after <span>", "a finished run moves to the history so long after its end")
    .option("--delete-after <span>", "an archived run is deleted so long after its end")
    .option("--events-after <span>", "events of that age are deleted")
    .option("--reset", "forget first what this tenant has set before")
    .action(async (options: SetRetentionOptions) =>
      (await import("../commands/retention.ts")).set(options),
    );
}
