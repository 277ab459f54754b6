import { setTimeout as delay } from "node:timers/promises";
import { issueAgentKey, registerAgent } from "@nofx/control/agents";
import type { MemberContext } from "@nofx/control/command";
import { defineAgent, task } from "@nofx/sdk";
import { z } from "zod";
import { CAPABILITY } from "./graphs.ts";

const Input = z.looseObject({
  ms: z.number(),
  parts: z.number().optional(),
  splitMs: z.number().optional(),
  mergeMs: z.number().optional(),
  session: z.looseObject({ role: z.string() }).optional(),
});

export interface Fleet {
  /** Milliseconds that agents have worked since the last time this was asked. */
  takeWorkedMs(): number;
  stop(): Promise<void>;
}

/** So many agents of the SDK, each with a key of its own over HTTP, one step at a time: they work by waiting. */
export async function startAgents(options: {
  count: number;
  url: string;
  request: () => MemberContext;
}): Promise<Fleet> {
  const { count, url, request } = options;
  const ending = new AbortController();
  let workedMs = 0;
  const work = async (ms: number, signal: AbortSignal) => {
    await delay(ms, undefined, { signal });
    workedMs += ms;
  };
  const job = task(CAPABILITY)
    .input(Input)
    .run(async ({ signal }, { ms, parts = 1, splitMs = 0, mergeMs = 0, session }) => {
      switch (session?.role) {
        case "lead": {
          await work(splitMs, signal);
          const part = { ms: ms / parts };
          const names = Array.from({ length: parts }, (_, i) => `p${i + 1}`);
          return { subtasks: names.map((name) => ({ name, input: part })) };
        }
        case "merger":
          await work(mergeMs, signal);
          return { merged: true };
        default:
          await work(ms, signal);
          return { done: true };
      }
    });
  const runs: Promise<unknown>[] = [];
  for (let i = 1; i <= count; i++) {
    const { agentId } = await registerAgent(request(), {
      name: `bench-${i}`,
      capabilities: [CAPABILITY],
    });
    const { key } = await issueAgentKey(request(), { agentId, name: "bench" });
    if (key === null) throw new Error("no key was issued");
    const agent = defineAgent({ tasks: [job], concurrency: 1 });
    // a step is claimed when the slot is free: what one agent has ahead, another could have begun
    const run = agent.run({ url, key, signal: ending.signal, prefetch: 0, onEvent: () => {} });
    runs.push(run);
  }
  return {
    takeWorkedMs() {
      const taken = workedMs;
      workedMs = 0;
      return taken;
    },
    async stop() {
      ending.abort();
      await Promise.all(runs);
    },
  };
}
