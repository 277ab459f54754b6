import { QueueName, TenantId, toUuid } from "@nofx/core/vocabulary";
import { z } from "zod";
import type { Routing } from "./transports/transport.ts";

const listOf = (one: z.ZodType<string, string>) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(one).min(1));

const shard = z
  .string()
  .regex(/^\d{1,4}\/\d{1,4}$/, "use i/n, like 0/4: the first of four")
  .transform((text) => text.split("/").map(Number) as [number, number])
  .refine(([i, n]) => i < n, "of n shards the first is 0/n and the last n-1/n");

/** Which steps a worker takes: from which queues, of which types, of whose. */
export const RoutingEnv = {
  /** In this order: the next one where those before have nothing. */
  NOFX_QUEUES: listOf(QueueName).default(["default"]),
  /** Kinds, or beginnings of kinds: what is none of them this worker does not take. */
  NOFX_TYPES: listOf(z.string().regex(/^[a-z][a-z0-9._-]{0,63}\*?$/, "use kinds, like shell,http"))
    .transform((types) => types.map((type) => type.replace(/\*$/, "")))
    .optional(),
  NOFX_TENANTS: listOf(z.union([TenantId, z.uuid()], "use ids of tenants"))
    .transform((ids) => ids.map((id) => (id.includes("_") ? toUuid("tenant", id) : id)))
    .optional(),
  /** i/n: of all tenants the i-th part of n. */
  NOFX_SHARD: shard.optional(),
  /** While its own tenants have nothing, it takes steps of others. */
  NOFX_STEAL: z.stringbool().default(true),
  /** How many steps it may claim ahead of its slots; it does so only while steps are short. */
  NOFX_PREFETCH_MAX: z.coerce.number().int().min(0).max(10_000).default(500),
};

export function routingOf(env: {
  NOFX_QUEUES: string[];
  NOFX_TENANTS?: string[] | undefined;
  NOFX_SHARD?: [number, number] | undefined;
}): Routing {
  const { NOFX_QUEUES: queues, NOFX_TENANTS: tenants, NOFX_SHARD: part } = env;
  return {
    queues,
    ...(tenants === undefined ? {} : { tenants }),
    ...(part === undefined ? {} : { shard: part }),
  };
}

/** Of what the worker has code for, what it takes. */
export function handlersOf(
  known: readonly string[],
  types: readonly string[] | undefined,
): readonly string[] {
  if (types === undefined) return known;
  const taken = known.filter((handler) => types.some((type) => handler.startsWith(type)));
  if (taken.length > 0) return taken;
  throw new Error(
    `NOFX_TYPES: this worker has code for none of "${types.join(",")}", but for ${known.join(", ")}.`,
  );
}
