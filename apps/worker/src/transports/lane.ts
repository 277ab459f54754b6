import { createHash } from "node:crypto";
import { z } from "zod";
import type { Routing } from "./transport.ts";

/**
 * What workers of one kind may be given from one queue. All workers with the same code and routing share a lane, so nobody takes
 * a hint that it has no use for.
 */
export const Lane = z.object({
  queue: z.string().max(64),
  handlers: z.array(z.string().max(200)).max(1_000),
  tenants: z.array(z.string()).max(10_000).exactOptional(),
  shard: z.tuple([z.int().min(0), z.int().min(1)]).exactOptional(),
});
export type Lane = z.infer<typeof Lane>;

/** One lane a queue, in the order of the queues. */
export function lanesOf(handlers: readonly string[], routing: Routing): Lane[] {
  const { queues = ["default"], tenants, shard } = routing;
  return queues.map((queue) => ({
    queue,
    handlers: handlers.toSorted(),
    ...(tenants === undefined ? {} : { tenants: tenants.toSorted() }),
    ...(shard === undefined ? {} : { shard: [shard[0], shard[1]] as [number, number] }),
  }));
}

/** The lane's name in Redis. */
export function laneName({ queue, handlers, tenants, shard }: Lane): string {
  const written = JSON.stringify([queue, handlers, tenants ?? null, shard ?? null]);
  return `steps-${createHash("sha256").update(written).digest("hex").slice(0, 16)}`;
}
