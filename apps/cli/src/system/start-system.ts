import type { Credentials } from "../credentials/credentials.ts";
import type { StackAddresses } from "../stack/messages.ts";
import { portsOf, startStack } from "../stack/start-stack.ts";
import { runTasks } from "../terminal/run-tasks.ts";
import { buildWeb } from "../web/build-web.ts";
import { clearLeftovers } from "./leftovers.ts";
import type { Ports } from "./ports.ts";
import { startPlug } from "../plug/start-plug.ts";
import { LEASE_SECONDS, startAgents, startWeb, startWorker } from "./servers.ts";
import type { Addresses } from "./state.ts";
import { System } from "./system.ts";

export interface StartedSystem {
  system: System;
  addresses: Addresses;
  credentials: Credentials;
}

export interface StartOptions {
  home: string;
  /** What people typed. */
  command: string;
  ports: Ports;
  signal: AbortSignal;
  tell: (text: string) => void;
  /** Called as soon as there is something to stop. */
  onSystem: (system: System) => void;
}

/** Builds what has changed and starts everything, what does not need each other side by side. */
export async function startSystem(options: StartOptions): Promise<StartedSystem> {
  const { home, ports, tell, signal } = options;
  const left = await clearLeftovers(home);
  if (left > 0) {
    tell(
      `An earlier start was killed and left ${left} ${left === 1 ? "process" : "processes"}; they have ended now.`,
    );
  }
  const system = new System(options);
  options.onSystem(system);

  const stack = await buildAndStartStack(system, ports, signal);
  // the dashboard moves to the next port where its own is taken, and then links lead nowhere: said by NOFX_PUBLIC_URL they do not
  const publicUrl = process.env["NOFX_PUBLIC_URL"] || `http://127.0.0.1:${ports.web}`;
  const plug = await startPlug(system, {
    leaseSeconds: LEASE_SECONDS,
    startStandby: () =>
      startWorker(system, ports.agents + 1, stack, { name: "standby", publicUrl }),
  });
  const made: { web?: string; worker?: string; credentials?: Credentials } = {};
  await runTasks(
    [
      {
        title: "Demo tenant",
        run: async () => {
          // Large, and not needed before: its loading overlaps with the start of the others.
          const { seed } = await import("../credentials/seed.ts");
          const auth = { url: stack.gatewayUrl, publishableKey: stack.publishableKey };
          const databaseUrl = stack.databaseUrls["postgres"] ?? "";
          const { credentials, created } = await seed({ home, databaseUrl, auth });
          made.credentials = credentials;
          return created ? "made, with sign-ins and agent keys" : "as it was";
        },
      },
      {
        title: "Worker",
        run: async () =>
          (made.worker = await startWorker(system, ports.agents, stack, { publicUrl })),
      },
      {
        title: "Dashboard",
        run: async () => (made.web = await startWeb(system, ports.web, stack, plug)),
      },
    ],
    signal,
  );
  const { web = "", worker = "", credentials } = made;
  if (credentials === undefined) throw new Error("the demo tenant was not seeded");
  await startAgents(system, worker, credentials.agentKeys);
  const addresses: Addresses = {
    dashboard: web,
    supabase: stack.gatewayUrl,
    publishableKey: stack.publishableKey,
    agents: worker,
    postgresPort: portsOf(stack).postgres,
  };
  return { system, addresses, credentials };
}

async function buildAndStartStack(
  system: System,
  ports: Ports,
  signal: AbortSignal,
): Promise<StackAddresses> {
  const started: { stack?: StackAddresses } = {};
  await runTasks(
    [
      {
        title: "Web app",
        run: (progress, either) => buildWeb({ home: system.home, progress, signal: either }),
      },
      {
        title: "Local stack",
        run: async (progress, either) => {
          const { process, addresses } = await startStack(
            {
              home: system.home,
              siteUrl: `http://127.0.0.1:${ports.web}`,
              ports: { postgres: ports.postgres, gateway: ports.gateway },
            },
            {
              progress,
              signal: either,
              start: (one) => system.started(one),
              crash: (crash) => system.crashed("stack", crash),
              moved: () =>
                system.tell(
                  "The local stack came back on other ports: stop NOFX and start it again.",
                ),
            },
          );
          system.adopt(process);
          started.stack = addresses;
          const on = portsOf(addresses);
          return `Postgres ${on.postgres}, API ${on.gateway}`;
        },
      },
    ],
    signal,
  );
  if (started.stack === undefined) throw new Error("the local stack did not start");
  return started.stack;
}
