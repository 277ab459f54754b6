import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { actAs, PEOPLE } from "./client/acting-as.ts";
import type { PersonName } from "./credentials/credentials.ts";
import { EXIT, explain, wasInterrupted, WrongUsage } from "./errors.ts";
import { root } from "./paths.ts";
import { addApprovalsCommands } from "./program/approvals.ts";
import { addAuditCommands } from "./program/audit.ts";
import { addBacklogCommands } from "./program/backlog.ts";
import { addBudgetsCommands } from "./program/budgets.ts";
import { addAgentsCommands } from "./program/agents.ts";
import { addDispatchCommands } from "./program/dispatch.ts";
import { addDeployCommands } from "./program/deploy.ts";
import { addGatesCommands } from "./program/gates.ts";
import { addIncidentsCommands } from "./program/incidents.ts";
import { addKeysCommands } from "./program/keys.ts";
import { addMessagesCommands } from "./program/messages.ts";
import { addModelsCommands } from "./program/models.ts";
import { addOperationsCommands } from "./program/operations.ts";
import { addRoutingCommands } from "./program/routing.ts";
import { addRunsCommands } from "./program/runs.ts";
import { addSchedulesCommands } from "./program/schedules.ts";
import { addSystemCommands } from "./program/system.ts";
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
  .addOption(
    new Option("--as <person>", "sign in as this one of the local stack's people").choices(PEOPLE),
  )
  .hook("preAction", (command) => actAs(command.opts<{ as?: PersonName }>().as))
  .showHelpAfterError("(nofx help lists the commands and options)")
  .configureHelp({ sortSubcommands: false })
  .exitOverride()
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.\nNOFX_AS names whom commands sign in as, where --as does not.\nState lives in .nofx of the clone; NOFX_HOME names another folder. Ports: NOFX_WEB_PORT, NOFX_SUPABASE_PORT, NOFX_POSTGRES_PORT, NOFX_GATEWAY_PORT.",
  );

// In the order in which help lists them. Each command is loaded when it runs: --help and --version answer at once.
addSystemCommands(program);
addBacklogCommands(program);
addRunsCommands(program);
addSchedulesCommands(program);
addRoutingCommands(program);
addMessagesCommands(program);
addModelsCommands(program);
addAgentsCommands(program);
addDispatchCommands(program);
addKeysCommands(program);
addBudgetsCommands(program);
addApprovalsCommands(program);
addDeployCommands(program);
addOperationsCommands(program);
addGatesCommands(program);
addAuditCommands(program);
addIncidentsCommands(program);

async function run(): Promise<number> {
  try {
    await program.parseAsync();
    // a command that did what it was asked may say all the same that it did not come out well
    return Number(process.exitCode ?? EXIT.ok);
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
