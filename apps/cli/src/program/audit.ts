import type { Command } from "commander";
import type { ExportOptions, HeadOptions, VerifyOptions } from "../commands/audit.ts";
import { readCount } from "./read-count.ts";

/** What was decided, and what became of it. */
export function addAuditCommands(program: Command): void {
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
      (await import("../commands/audit.ts")).exportLog(options),
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
      (await import("../commands/audit-verify.ts")).verify(file, options),
    );
  audit
    .command("head")
    .description("print the newest signed digest, to keep outside")
    .option("--now", "have one signed first, as the supervisor")
    .action(async (options: HeadOptions) => (await import("../commands/audit.ts")).head(options));
  audit
    .command("replay")
    .description("show a decision as it was taken, from the snapshots that were kept of it")
    .argument("<plan>", "id of a plan, or a snapshot's file")
    .option("--json", "for programs")
    .action(async (plan: string, options: { json?: boolean }) =>
      (await import("../commands/audit-replay.ts")).replay(plan, options),
    );

  program
    .command("lineage")
    .description("what became of a backlog item, or where an artifact comes from")
    .argument("<item>", "an item as pack/key, its key or its id; or the id of an artifact")
    .option("--json", "for programs")
    .action(async (item: string, options: { json?: boolean }) =>
      (await import("../commands/lineage.ts")).lineage(item, options),
    );
}
