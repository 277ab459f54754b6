import type { Command } from "commander";

/** Starts, stops and looks at what runs in this clone. */
export function addSystemCommands(program: Command): void {
  program
    .command("dev")
    .description("start everything on this machine and keep it running (npm start)")
    .option("--no-demo", "start without the demo backlog")
    .action(async (options: { demo: boolean }) =>
      (await import("../commands/dev.ts")).dev(options),
    );

  program
    .command("demo")
    .description(
      "the main job without a browser: import, plan, approve, execute, fetch artifacts (npm run demo)",
    )
    .option(
      "--strategy <name>",
      "several agents on one piece of work instead, one of which is killed: solo, pair, hierarchical, swarm",
    )
    .action(async (options: { strategy?: string }) =>
      (await import("../commands/demo.ts")).demo(options),
    );

  program
    .command("status")
    .description("what runs in this clone, and what waits for people")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/status.ts")).status(options),
    );

  program
    .command("token")
    .description("print an access token for the API, good for an hour, as the operator")
    .addHelpText(
      "after",
      '\ncurl -H "Authorization: Bearer $(npx nofx token)" http://127.0.0.1:PORT/api/session\nnofx status prints the address. docs/rest.md says more.',
    )
    .action(async () => (await import("../commands/token.ts")).token());

  program
    .command("stop")
    .description("stop what runs in this clone, as Ctrl-C would")
    .action(async () => (await import("../commands/stop.ts")).stop());

  program
    .command("reset")
    .description("remove database, files, sign-ins and logs of this clone, to begin anew")
    .option("-y, --yes", "do not ask")
    .action(async (options: { yes?: boolean }) =>
      (await import("../commands/reset.ts")).reset(options),
    );

  program
    .command("doctor")
    .description("check this machine and say what to do about what is wrong")
    .option("--json", "for programs")
    .action(async (options: { json?: boolean }) =>
      (await import("../commands/doctor.ts")).doctor(options),
    );

  program
    .command("build")
    .description("build the web app if its sources have changed; npm start does it by itself")
    .action(async () => (await import("../commands/build.ts")).build());
}
