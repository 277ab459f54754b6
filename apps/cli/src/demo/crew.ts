import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { NofxError } from "@nofx/core/errors";
import type { Api } from "../client/api.ts";
import { root } from "../paths.ts";

export type CrewApi = Pick<Api, "agent" | "createAgent" | "issueAgentKey" | "revokeAgentKey">;

/** What an agent of the crew is asked for. */
export const CREW_CAPABILITY = "crew.sum";
const MAIN = join(root, "examples/agents/src/crew/main.ts");

/** Agents of the SDK, each in a process of its own and with a key of its own. */
export interface Crew {
  readonly names: readonly string[];
  /** Ends the process of one of them as a power cut would. False where it is gone already. */
  kill(name: string): boolean;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Lists agents called crew-1 and so on, where they are not there yet, and starts them. */
export async function startCrew(options: {
  api: CrewApi;
  /** Where agents ask for work. */
  url: string;
  size: number;
  /** What else their processes are told. */
  env?: NodeJS.ProcessEnv;
}): Promise<Crew> {
  const { api, url, size, env = {} } = options;
  const members = new Map<string, { process: ChildProcess; keyId: string }>();
  for (let n = 1; n <= size; n += 1) {
    const name = `crew-${n}`;
    await register(api, name);
    const { key, keyId } = await api.issueAgentKey(name, { name: "demo" }, randomUUID());
    if (key === null) throw new Error("a new key was asked for, and an old answer came");
    const child = spawn(process.execPath, [MAIN], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...env, NOFX_URL: url, NOFX_AGENT_KEY: key },
    });
    members.set(name, { process: child, keyId });
  }
  return {
    names: [...members.keys()],
    kill: (name) => members.get(name)?.process.kill("SIGKILL") ?? false,
    async [Symbol.asyncDispose]() {
      for (const [name, { process: child, keyId }] of members) {
        await end(child);
        await api.revokeAgentKey(name, keyId, randomUUID()).catch(() => {});
      }
    },
  };
}

async function register(api: CrewApi, name: string): Promise<void> {
  try {
    await api.agent(name);
  } catch (error) {
    if (!NofxError.is(error) || error.code !== "not_found") throw error;
    const description = "Adds numbers, alone or with others";
    const capabilities = [CREW_CAPABILITY];
    await api.createAgent({ name, description, capabilities }, randomUUID());
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
