import { AgentScope, AgentStatus } from "@nofx/core/vocabulary";
import { Option, type Command } from "commander";
import type * as Endpoints from "../commands/agent-endpoints.ts";
import type * as Agents from "../commands/agents.ts";
import type * as Keys from "../commands/agent-keys.ts";
import { readCount, readLimit } from "./read-count.ts";

const json = ["--json", "for programs"] as const;
const agent = ["<agent>", "its name or id"] as const;

/** Agents: who they are, what they can do, whether they may, and their keys. */
export function addAgentsCommands(program: Command): void {
  const agents = program
    .command("agents")
    .description("programs that execute steps: what they can do, how well, and their keys");
  agents
    .command("list", { isDefault: true })
    .description("agents that fit, by name or the best of a capability first")
    .argument("[words...]", "that the name, description, capabilities, tags or team begin with")
    .option("-c, --capability <name>", "only those that have it")
    .addOption(
      new Option("-s, --status <status>", "only these; all is without the retired")
        .choices([...AgentStatus.options, "all"])
        .default("all"),
    )
    .option("-t, --team <name>", "only of this team")
    .option("--tag <name>", "only those that carry it")
    .addOption(
      new Option("--sort <by>", "all but name need --capability")
        .choices(["name", "success", "latency", "cost"])
        .default("name"),
    )
    .option("-n, --limit <count>", "how many", readLimit, 50)
    .option(...json)
    .action(async (words: string[], options: Agents.ListOptions) =>
      (await import("../commands/agents.ts")).list(words, options),
    );
  agents
    .command("show")
    .description("one agent: what it declares, what was measured, who is there, its newest steps")
    .argument(...agent)
    .option(...json)
    .action(async (name: string, options: { json?: boolean }) =>
      (await import("../commands/agents.ts")).show(name, options),
    );
  const editing = (command: Command) =>
    command
      .option("-d, --description <text>", "what it is")
      .option("-t, --team <name>", "budgets of a team cover all of its agents")
      .option("--tag <names...>", "to find it by")
      .option("--concurrency <n>", "steps that it may hold at once", readCount(10_000))
      .option("--no-breaker", "do not quarantine it while its attempts fail")
      .option(...json);
  editing(agents.command("create").description("list an agent, as supervisor"))
    .argument("<name>", "unique, like patcher")
    .requiredOption(
      "-c, --capability <capabilities...>",
      'by name, or as JSON: {"capability": "code.patch", "successRate": 0.9}',
    )
    .action(async (name: string, options: Agents.EditOptions) =>
      (await import("../commands/agents.ts")).create(name, options),
    );
  editing(agents.command("edit").description("change an agent; what is left out stays"))
    .argument(...agent)
    .option("-c, --capability <capabilities...>", "all of them anew, as for create")
    .action(async (name: string, options: Agents.EditOptions, command: Command) => {
      const breaker = command.getOptionValueSource("breaker") === "cli";
      return (await import("../commands/agents.ts")).edit(name, options, breaker);
    });
  for (const [verb, about] of [
    ["drain", "let it end what it holds, and give it nothing more"],
    ["resume", "give it steps again; its breaker begins anew"],
    ["quarantine", "take back what it holds, and let it do nothing more; needs -m"],
    ["retire", "end it for good: its keys are revoked, its past stays"],
  ] as const) {
    agents
      .command(verb)
      .description(about)
      .argument(...agent)
      .option("-m, --message <text>", "why, for those who find it so")
      .option(...json)
      .action(async (name: string, options: Agents.ChangeOptions) =>
        (await import("../commands/agents.ts")).change(verb, name, options),
      );
  }
  agents
    .command("import")
    .description("list an agent as its A2A agent card describes it")
    .argument("<card>", "a file, a URL, or - for standard input")
    .option("--name <name>", "another than the card's")
    .option("--replace", "of an agent of that name, change what the card says")
    .option(...json)
    .action(async (card: string, options: Agents.ImportOptions) =>
      (await import("../commands/agents.ts")).importCard(card, options),
    );
  agents
    .command("card")
    .description("its A2A agent card, as JSON")
    .argument(...agent)
    .action(async (name: string) => (await import("../commands/agents.ts")).card(name));
  agents
    .command("demand")
    .description("what there is to do for each capability, and who is there to do it")
    .option(...json)
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/agents.ts")).demand(options),
    );
  addKeys(agents);
  addPush(agents);
}

function addPush(agents: Command): void {
  const push = agents
    .command("push")
    .description("agents that are functions: their steps are posted to an address, signed");
  push
    .command("show", { isDefault: true })
    .description("where its steps are posted to, and whether they are taken")
    .argument(...agent)
    .option(...json)
    .action(async (name: string, options: { json?: boolean }) =>
      (await import("../commands/agent-endpoints.ts")).show(name, options),
    );
  push
    .command("set")
    .description("post its steps there; the signing secret is shown once")
    .argument(...agent)
    .argument("<url>", "https, or what NOFX_HTTP_ALLOW names")
    .option(
      "--concurrency <n>",
      "steps that the function may hold at once; 10 unless said",
      readCount(1_000),
    )
    .option("--timeout <seconds>", "how long one call may last; 300 unless said", readCount(900))
    .option(...json)
    .action(async (name: string, url: string, options: Endpoints.SetOptions) =>
      (await import("../commands/agent-endpoints.ts")).set(name, url, options),
    );
  for (const [verb, about] of [
    ["on", "post its steps again, at once"],
    ["off", "post nothing to it until it is on again"],
  ] as const) {
    push
      .command(verb)
      .description(about)
      .argument(...agent)
      .option(...json)
      .action(async (name: string, options: { json?: boolean }) =>
        (await import("../commands/agent-endpoints.ts")).turn(name, verb === "on", options),
      );
  }
  push
    .command("rotate")
    .description("make a new secret; for a day both sign")
    .argument(...agent)
    .option(...json)
    .action(async (name: string, options: { json?: boolean }) =>
      (await import("../commands/agent-endpoints.ts")).rotate(name, options),
    );
  push
    .command("remove")
    .description("have it claim its steps itself again")
    .argument(...agent)
    .action(async (name: string) => (await import("../commands/agent-endpoints.ts")).remove(name));
}

function addKeys(agents: Command): void {
  const keys = agents.command("keys").description("keys of an agent; a new one is shown once");
  keys
    .command("list")
    .description("its keys by their hints: scopes, last use, end")
    .argument(...agent)
    .option(...json)
    .action(async (name: string, options: { json?: boolean }) =>
      (await import("../commands/agent-keys.ts")).list(name, options),
    );
  keys
    .command("issue")
    .description("make a key")
    .argument(...agent)
    .option("-n, --name <name>", "to tell it from others", "key")
    .addOption(
      new Option("--scope <scopes...>", "what it is for; everything unless said").choices(
        AgentScope.options,
      ),
    )
    .option("--days <n>", "until it ends by itself", readCount(3_650))
    .option(...json)
    .action(async (name: string, options: Keys.IssueOptions) =>
      (await import("../commands/agent-keys.ts")).issue(name, options),
    );
  keys
    .command("rotate")
    .description("a new key in the place of one")
    .argument(...agent)
    .argument("<key>", "its id, as the list shows it")
    .option("--overlap <span>", "the one before can be used so long; 0s: not at all", "24h")
    .option(...json)
    .action(async (name: string, key: string, options: Keys.RotateOptions) =>
      (await import("../commands/agent-keys.ts")).rotate(name, key, options),
    );
  keys
    .command("revoke")
    .description("end a key at once, in every process within five seconds")
    .argument(...agent)
    .argument("<key>", "its id")
    .action(async (name: string, key: string) =>
      (await import("../commands/agent-keys.ts")).revoke(name, key),
    );
}
