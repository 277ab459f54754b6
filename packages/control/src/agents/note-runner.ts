import { RunnerPresence } from "@nofx/core/contract";
import { noteAgentPresence, type RunnerNote } from "@nofx/db/queries";
import { z } from "zod";
import type { AgentContext } from "../command/context.ts";
import type { Plane } from "../command/plane.ts";

/** A runner is noted at most so often, and all that were heard of meanwhile in one statement. */
const EVERY_MS = 5_000;
const FLUSH_MS = 1_000;
const MOST = 20_000;

/** What requests say of the process that sends them: claims, heartbeats, introductions. */
const Told = z.object({
  worker: z.string(),
  presence: RunnerPresence.optional(),
  version: z.string().optional(),
  runtime: z.string().optional(),
  concurrency: z.number().optional(),
  max: z.number().optional(),
});

interface Heard {
  /** By agent and runner: when it was written last. */
  readonly written: Map<string, number>;
  waiting: Map<string, RunnerNote>;
  flushedAt: number;
}

const heardBy = new WeakMap<Plane, Heard>();

/**
 * Notes that a process of an agent is there. A server hears of hundreds a second: it writes them together, with the request that comes a
 * second after the last time. No timer: a server without requests has heard of nobody.
 */
export async function noteRunner(ctx: AgentContext, body: unknown): Promise<void> {
  const { plane, actor } = ctx;
  const now = plane.clock.now();
  const heard = heardOf(plane);
  const told = Told.safeParse(body);
  const key = `${actor.id} ${told.data?.worker}`;
  if (told.success && now - (heard.written.get(key) ?? -Infinity) >= EVERY_MS) {
    heard.waiting.set(key, noteOf(actor.id, told.data));
  }
  if (heard.waiting.size === 0 || now - heard.flushedAt < FLUSH_MS) return;
  const notes = heard.waiting;
  heard.waiting = new Map();
  heard.flushedAt = now;
  if (heard.written.size > MOST) heard.written.clear();
  for (const one of notes.keys()) heard.written.set(one, now);
  // nobody is refused because it could not be noted that they are there
  await noteAgentPresence(plane.db, [...notes.values()]).catch(() => {
    for (const one of notes.keys()) heard.written.delete(one);
  });
}

function heardOf(plane: Plane): Heard {
  const known = heardBy.get(plane);
  if (known !== undefined) return known;
  const heard = { written: new Map(), waiting: new Map(), flushedAt: -Infinity };
  heardBy.set(plane, heard);
  return heard;
}

function noteOf(agentId: string, told: z.infer<typeof Told>): RunnerNote {
  const slots = told.presence?.slots ?? told.concurrency ?? told.max ?? 1;
  return {
    agent_id: agentId,
    runner: told.worker,
    version: told.presence?.version ?? told.version ?? null,
    runtime: told.runtime ?? null,
    slots: Math.max(1, slots),
    busy: told.presence?.busy ?? 0,
  };
}
