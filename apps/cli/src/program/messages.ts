import { type Command, Option } from "commander";
import type {
  FollowOptions,
  HoldOptions,
  RedactOptions,
  SendOptions,
} from "../commands/messages.ts";

const collect = (one: string, all: string[] | undefined) => [...(all ?? []), one];

/** What agents and people say to each other in runs, and how it is held or destroyed. */
export function addMessagesCommands(program: Command): void {
  const messages = program
    .command("messages")
    .description("what was said in a run, and what is to be said to it");
  messages
    .command("list", { isDefault: true })
    .description("what was said in a run, with the place of whoever said it")
    .argument("<run>", "its id")
    .option("-f, --follow", "go on with what is said from now on, until it is stopped")
    .option("-t, --type <type>", "only these, like handoff.offered")
    .option("--json", "for programs, one message a line")
    .action(async (run: string, options: FollowOptions) =>
      (await import("../commands/messages.ts")).list(run, options),
    );
  messages
    .command("send")
    .description("say something to those who work on a run")
    .argument("<run>", "its id")
    .argument("[text]", "what to say")
    .option("--to <address>", "a step or a session of it, like step:step_01…/default")
    .option("-t, --type <type>", "instruction.given, unless said otherwise")
    .option("--json <payload>", "a payload in place of a text")
    .action(async (run: string, text: string | undefined, options: SendOptions) =>
      (await import("../commands/messages.ts")).send(run, text, options),
    );

  const redact = program.command("redact").description("destroy what was said, and copies of it");
  redact
    .command("now", { isDefault: true })
    .description("a message, a conversation, or a run with what it left")
    .argument("<id>", "its id")
    .requiredOption("-m, --reason <text>", "why; it is kept")
    .option(
      "--field <pointer>",
      "only this field, like /customer/email; may be given often",
      collect,
    )
    .addOption(
      new Option("--pattern <name>", "only what has this form").choices([
        "emails",
        "phones",
        "cards",
        "ip_addresses",
        "secrets",
      ]),
    )
    .option("--matching <pattern>", "only what this pattern (RE2) finds")
    .option("--text <text>", "only this text, wherever it is")
    .option("--json", "for programs")
    .action(async (id: string, options: RedactOptions) =>
      (await import("../commands/messages.ts")).redact(id, options),
    );
  redact
    .command("list")
    .description("what was redacted, newest first")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/messages.ts")).redactions(options),
    );

  const holds = program.command("holds").description("legal holds: what is not deleted by age");
  holds
    .command("list", { isDefault: true })
    .description("all of the tenant, newest first")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/messages.ts")).holds(options),
    );
  holds
    .command("place")
    .description("hold a message, a conversation or a run; without an id the whole tenant")
    .argument("[id]", "its id")
    .requiredOption("-m, --reason <text>", "why; it is kept")
    .action(async (id: string | undefined, options: HoldOptions) =>
      (await import("../commands/messages.ts")).placeHold(id, options),
    );
  holds
    .command("lift")
    .description("let it go by its class again")
    .argument("<hold>", "as `nofx holds` lists it")
    .action(async (id: string) => (await import("../commands/messages.ts")).liftHold(id));
}
