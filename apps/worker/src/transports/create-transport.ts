import { createBullTransport, type BullOptions } from "./bull-transport.ts";
import { createPostgresTransport } from "./postgres-transport.ts";
import type { Transport } from "./transport.ts";

/** The transport that the environment names. */
export async function createTransport(
  env: { QUEUE_DRIVER: "postgres" | "bullmq"; REDIS_URL: string },
  options: Omit<BullOptions, "url">,
): Promise<Transport> {
  if (env.QUEUE_DRIVER === "bullmq") return createBullTransport({ ...options, url: env.REDIS_URL });
  return createPostgresTransport(options);
}
