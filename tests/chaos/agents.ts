import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { issueAgentKey, registerAgent } from "@nofx/control/agents";
import type { Plane } from "@nofx/control/command";
import { asPerson, type People } from "./workload/people.ts";

const AGENT = fileURLToPath(new URL("./agent.ts", import.meta.url));
const PRELOAD = new URL("./preload.ts", import.meta.url).href;

/** Lists the agent that the chaos run has; answers its key. */
export async function admitAgent(plane: Plane, { tenantId, supervisor }: People): Promise<string> {
  const as = () => asPerson(plane, tenantId, supervisor);
  const { agentId } = await registerAgent(as(), { name: "chaos", capabilities: ["chaos.work"] });
  const { key } = await issueAgentKey(as(), { agentId });
  return key ?? "";
}

/** An agent process; one that ends is followed by another until it is stopped. */
export function keepAgent(env: Record<string, string>): { kill(): void; stop(): void } {
  let stopped = false;
  let child: ChildProcess;
  const start = () => {
    child = spawn(process.execPath, ["--import", PRELOAD, AGENT], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      env: { PATH: process.env["PATH"] ?? "", ...env },
    });
    child.once("exit", () => {
      if (!stopped) setTimeout(start, 500);
    });
  };
  start();
  return {
    kill: () => void child.kill("SIGKILL"),
    stop() {
      stopped = true;
      child.kill("SIGKILL");
    },
  };
}
