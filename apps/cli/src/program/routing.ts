import { ModelCapability, ProviderKind } from "@nofx/core/model-router";
import { InvalidArgumentError, Option, type Command } from "commander";
import type * as Models from "../commands/models.ts";
import type * as Providers from "../commands/providers.ts";
import type { RouteOptions } from "../commands/route.ts";
import { readCount } from "./read-count.ts";

const MOST_TOKENS = 100_000_000;
const region = () => new Option("-r, --region <name>", "of several").default("default");
const can = () =>
  new Option("-c, --can <what...>", "what it can do").choices(ModelCapability.options);
const json = ["--json", "for programs"] as const;

/** What models are chosen from, and by what. */
export function addRoutingCommands(program: Command): void {
  addProviders(program);
  addModels(program);
  addPolicies(program);
  program
    .command("route")
    .description("which model a request would be answered by, and why; nobody is asked")
    .argument("[file]", "the body of a request, JSON or YAML, - for standard input")
    .option("-m, --model <name>", "provider/model, auto or policy:NAME")
    .option("-p, --policy <name>", "by this one")
    .option("-d, --draft <file>", "by a policy that is not saved yet")
    .option("-i, --input <tokens>", "that it gives", readCount(MOST_TOKENS))
    .option("-o, --output <tokens>", "that may be answered", readCount(MOST_TOKENS))
    .addOption(can())
    .option("-f, --fact <name=value...>", "for conditions")
    .option("-a, --all", "also those that cannot take it, and why")
    .option(...json)
    .action(async (file: string | undefined, options: RouteOptions) =>
      (await import("../commands/route.ts")).route(file, options),
    );
}

function addProviders(program: Command): void {
  const providers = program
    .command("providers")
    .description("who provides models, how they are called and how they do");
  providers
    .command("list", { isDefault: true })
    .description("the product's and the tenant's own")
    .option(...json)
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/providers.ts")).list(options),
    );
  providers
    .command("health")
    .description("how the models that were called did in the last hour")
    .argument("[provider]", "only of this one")
    .option(...json)
    .action(async (provider: string | undefined, options: { json?: boolean }) =>
      (await import("../commands/providers.ts")).health(provider, options),
    );
  providers
    .command("set")
    .description("how one is called, all of it at once; its key: nofx keys put")
    .argument("<name>", "as models name it before the slash")
    .addOption(
      new Option("-k, --kind <kind>", "which protocol it speaks")
        .choices(ProviderKind.exclude(["simulated"]).options)
        .default("openai_compatible"),
    )
    .option("-u, --url <base>", "where it is called, like https://api.example.com/v1")
    .addOption(region())
    .option("-t, --title <text>", "for people")
    .option("--header <name=value...>", "sent with every call; no secrets")
    .option("--key <name>", "which of its keys in the vault", "default")
    .option("--no-key", "it needs none")
    .option("--probe", "a model of it that fails may be asked a word now and then")
    .option("--off", "not used until it is on")
    .option(...json)
    .action(async (name: string, options: Providers.SetOptions) =>
      (await import("../commands/providers.ts")).set(name, options),
    );
  for (const state of ["on", "off"] as const) {
    providers
      .command(state)
      .description(state === "on" ? "used again" : "not used until it is on again")
      .argument("<name>", "as `nofx providers` lists it")
      .addOption(region())
      .option(...json)
      .action(async (name: string, options: { region: string; json?: boolean }) =>
        (await import("../commands/providers.ts")).turn(name, state === "on", options),
      );
  }
  providers
    .command("remove")
    .description("what the tenant said of it; one of the product is as it came again")
    .argument("<name>", "as `nofx providers` lists it")
    .addOption(region())
    .action(async (name: string, options: { region: string }) =>
      (await import("../commands/providers.ts")).remove(name, options),
    );
  providers
    .command("probe")
    .description("ask a model a word now; costs a few tokens")
    .argument("<model>", "provider/model")
    .addOption(region())
    .option(...json)
    .action(async (model: string, options: { region: string; json?: boolean }) =>
      (await import("../commands/providers.ts")).probe(model, options),
    );
}

function addModels(program: Command): void {
  const models = program
    .command("models")
    .description("language models that can be asked, and what a token costs");
  models
    .command("list", { isDefault: true })
    .description("with what they cost now")
    .option("-a, --all", "also those that only have a price")
    .option("-s, --search <text>", "in all of them")
    .option(...json)
    .action(async (options: { all?: boolean; search?: string; json?: boolean }) =>
      (await import("../commands/models.ts")).list(options),
    );
  models
    .command("set")
    .description("what one is like, as you know it; what is left out stays")
    .argument("<model>", "provider/model")
    .option("-t, --title <text>", "for people")
    .option("--context <tokens>", "that it holds", readCount(MOST_TOKENS))
    .option("--output <tokens>", "that it answers with at most", readCount(MOST_TOKENS))
    .addOption(can())
    .option("-q, --quality <share>", "0 to 1, as you judge it", readShare)
    .option("--on", "used again")
    .option("--off", "not used until it is on again")
    .option(...json)
    .action(async (model: string, options: Models.SetOptions) =>
      (await import("../commands/models.ts")).set(model, options),
    );
  models
    .command("remove")
    .description("what the tenant said of it; one of the product is as it came again")
    .argument("<model>", "provider/model")
    .action(async (model: string) => (await import("../commands/models.ts")).remove(model));
  models
    .command("prices")
    .description("all that was ever said of its price")
    .argument("<model>", "provider/model")
    .option(...json)
    .action(async (model: string, options: { json?: boolean }) =>
      (await import("../commands/models.ts")).prices(model, options),
    );
  models
    .command("price")
    .description("what it costs this tenant, USD a million tokens")
    .argument("<model>", "provider/model")
    .requiredOption("-i, --input <usd>", "of what it is given")
    .requiredOption("-o, --output <usd>", "of what it answers")
    .option("--cache-read <usd>", "of what it is given out of a cache")
    .option("--cache-write <usd>", "of what it puts into one")
    .option("--reasoning <usd>", "of what it thinks")
    .option("--from <time>", "from then on, like 2027-01-01T00:00:00Z; without: from now")
    .requiredOption("-m, --message <text>", "why")
    .option(...json)
    .action(async (model: string, options: Models.PriceOptions) =>
      (await import("../commands/models.ts")).price(model, options),
    );
  models
    .command("withdraw")
    .description("this tenant's own price: the product's holds again")
    .argument("<model>", "provider/model")
    .option("--from <time>", "from then on; without: from now")
    .requiredOption("-m, --message <text>", "why")
    .option(...json)
    .action(async (model: string, options: { from?: string; message: string; json?: boolean }) =>
      (await import("../commands/models.ts")).withdraw(model, options),
    );
}

function addPolicies(program: Command): void {
  const policies = program
    .command("policies")
    .description("rules by which models are chosen: docs/router.md");
  policies
    .command("list", { isDefault: true })
    .description("the product's and the tenant's own")
    .option(...json)
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/policies.ts")).list(options),
    );
  policies
    .command("show")
    .description("its document, to change and save again")
    .argument("<name>", "as `nofx policies` lists it")
    .action(async (name: string) => (await import("../commands/policies.ts")).show(name));
  policies
    .command("history")
    .description("every version that the tenant has made")
    .argument("<name>", "as `nofx policies` lists it")
    .option(...json)
    .action(async (name: string, options: { json?: boolean }) =>
      (await import("../commands/policies.ts")).history(name, options),
    );
  policies
    .command("check")
    .description("what is wrong with a document, and where")
    .argument("<file>", "JSON or YAML, - for standard input")
    .option(...json)
    .action(async (file: string, options: { json?: boolean }) =>
      (await import("../commands/policies.ts")).check(file, options),
    );
  policies
    .command("save")
    .description("a document as the next version")
    .argument("<name>", "default: what calls are decided by that name no other")
    .argument("<file>", "JSON or YAML, - for standard input")
    .requiredOption("-m, --message <text>", "why")
    .option(...json)
    .action(async (name: string, file: string, options: { message: string; json?: boolean }) =>
      (await import("../commands/policies.ts")).save(name, file, options),
    );
  policies
    .command("remove")
    .description("the tenant's own; one of the product holds again")
    .argument("<name>", "as `nofx policies` lists it")
    .requiredOption("-m, --message <text>", "why")
    .action(async (name: string, options: { message: string }) =>
      (await import("../commands/policies.ts")).remove(name, options),
    );
}

function readShare(text: string): number {
  const share = Number(text);
  if (text.trim() !== "" && share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError("It takes a number from 0 to 1.");
}
