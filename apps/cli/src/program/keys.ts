import type { Command } from "commander";
import type { AuditOptions, KeyOptions, PutOptions } from "../commands/keys.ts";
import { readLimit } from "./read-count.ts";

/** Keys of model providers. A secret comes from standard input or is asked for: never from the command line, which others can see. */
export function addKeysCommands(program: Command): void {
  const keys = program
    .command("keys")
    .description("keys of model providers, encrypted; a secret is read from standard input");
  const named = (command: Command) =>
    command
      .argument("<provider>", "as models name it before the slash, like openai")
      .option("-n, --name <name>", "one of several keys of the provider", "default");
  keys
    .command("list", { isDefault: true })
    .description("all of the tenant: hint, version, last use")
    .option("-a, --all", "also those that are retired")
    .option("--json", "for programs")
    .action(async (options: { all?: boolean; json?: boolean }) =>
      (await import("../commands/keys.ts")).list(options),
    );
  const writing = (command: Command) =>
    named(command)
      .option("-m, --message <text>", "a note for people")
      .option(
        "--overlap <span>",
        "the version before can be used so long, like 24h; 0s: not at all",
      )
      .option("--json", "for programs");
  writing(keys.command("put").description("put a key there, or the next version of it")).action(
    async (provider: string, options: PutOptions) =>
      (await import("../commands/keys.ts")).put(provider, options),
  );
  writing(keys.command("rotate").description("give a key that is there its next version")).action(
    async (provider: string, options: PutOptions) =>
      (await import("../commands/keys.ts")).rotate(provider, options),
  );
  named(keys.command("retire").description("end a key and destroy its secrets")).action(
    async (provider: string, options: KeyOptions) =>
      (await import("../commands/keys.ts")).retire(provider, options),
  );
  keys
    .command("audit")
    .description("who used or changed which key, what for, newest first")
    .argument("[provider]", "only its keys")
    .option("-n, --name <name>", "only the key of this name")
    .option("--action <action>", "put, rotated, retired, destroyed, used, refused or rewrapped")
    .option("--limit <count>", "so many, up to 200", readLimit, 50)
    .option("--json", "for programs")
    .action(async (provider: string | undefined, options: AuditOptions) =>
      (await import("../commands/keys.ts")).audit(provider, options),
    );
  keys
    .command("keks")
    .description("versions of the key that encrypts keys, for those who operate the plane")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/keks.ts")).list(options),
    );
  keys
    .command("rotate-kek")
    .description("encrypt with another KEK from now on, and wrap by it what is there")
    .option("--to <version>", "one that the server was given; without: the newest, or a new one")
    .action(async (options: { to?: string }) =>
      (await import("../commands/keks.ts")).rotate(options),
    );
  keys
    .command("retire-kek")
    .description("end a KEK that wraps nothing any more, for good")
    .argument("<version>", "as `nofx keys keks` lists it")
    .action(async (kid: string) => (await import("../commands/keks.ts")).retire(kid));
}
