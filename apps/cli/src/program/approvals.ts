import type { Command } from "commander";
import type { DecideOptions, ListOptions as ListApprovalsOptions } from "../commands/approvals.ts";
import { readCount } from "./read-count.ts";

/** Questions to people, and the tools that ask them. */
export function addApprovalsCommands(program: Command): void {
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
      (await import("../commands/approvals.ts")).list(options),
    );
  approvals
    .command("show")
    .description("exactly what is asked, who stands behind it, and what was said")
    .argument("<id>", "approval_...")
    .option("--json", "for programs")
    .action(async (id: string, options: { json?: boolean }) =>
      (await import("../commands/approvals.ts")).show(id, options),
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
      (await import("../commands/approvals.ts")).decide(id, "approve", options),
    );
  approvals
    .command("reject")
    .description("say no")
    .argument("<id>", "approval_...")
    .requiredOption("-m, --message <text>", "why; whoever asked reads it")
    .option("--for <user>", "somebody who delegated their vote to you")
    .action(async (id: string, options: DecideOptions) =>
      (await import("../commands/approvals.ts")).decide(id, "reject", options),
    );
  approvals
    .command("comment")
    .description("say something about it; decides nothing")
    .argument("<id>", "approval_...")
    .argument("<text>")
    .action(async (id: string, text: string) =>
      (await import("../commands/approvals.ts")).comment(id, text),
    );
  approvals
    .command("people")
    .description("who could decide, the groups, and the rules that name them")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/approvals.ts")).people(options),
    );
  approvals
    .command("delegate")
    .description("have somebody else vote in your stead, for a time")
    .argument("<user>", "as `nofx approvals people` lists them")
    .requiredOption("-m, --message <text>", "why")
    .option("--days <n>", "how long, 90 at most", readCount(90), 7)
    .action(async (user: string, options: { days: number; message: string }) =>
      (await import("../commands/approvals.ts")).delegate(user, options),
    );

  const tools = program.command("tools").description("the catalogue of what agents may use");
  tools
    .command("list", { isDefault: true })
    .description("each by name, with the version that holds")
    .option("-a, --all", "also older versions")
    .option("--json", "for programs")
    .action(async (options: { all?: boolean; json?: boolean }) =>
      (await import("../commands/tools.ts")).list(options),
    );
  tools
    .command("put")
    .description("list a tool, or a new version of it")
    .argument("<file>", "JSON: name, version, title, inputSchema, sensitivity")
    .action(async (file: string) => (await import("../commands/tools.ts")).put(file));
  tools
    .command("retire")
    .description("take it out of the catalogue")
    .argument("<name>")
    .action(async (name: string) => (await import("../commands/tools.ts")).retire(name));
  tools
    .command("runs")
    .description("what was done with tools, newest first")
    .argument("[name]")
    .option("--json", "for programs")
    .action(async (name: string | undefined, options: { json?: boolean }) =>
      (await import("../commands/tools.ts")).runs(name, options),
    );
}
