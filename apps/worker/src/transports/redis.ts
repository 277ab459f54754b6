import { Redis } from "ioredis";

/** Redis that cannot carry hints as it is set up: says what to change. */
export class UnfitRedisError extends Error {}

const OLDEST = [6, 2] as const;
const ANSWER_MS = 2_000;

/**
 * A connection that fails at once while Redis is away instead of keeping what is asked for later: a hint that comes late is worth
 * less than asking Postgres.
 */
export function openRedis(url: string, connectionName: string): Redis {
  return new Redis(url, {
    connectionName,
    // BullMQ asks for it
    maxRetriesPerRequest: null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    commandTimeout: ANSWER_MS,
    connectTimeout: ANSWER_MS,
    retryStrategy: (times) => Math.min(1_000, 50 * 2 ** Math.min(times, 5)),
  });
}

/** Throws `UnfitRedisError` where this server must not be used; any other error means that it does not answer. */
export async function assertFit(redis: Redis): Promise<void> {
  const info = await redis.info("server");
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? "0";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new UnfitRedisError(
      `Redis ${version} is too old: QUEUE_DRIVER=bullmq needs ${OLDEST.join(".")} or later.`,
    );
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info("memory"))?.[1];
  if (policy !== undefined && policy !== "noeviction") {
    throw new UnfitRedisError(
      `Redis may drop keys when its memory is full (maxmemory-policy ${policy}): set it to noeviction.`,
    );
  }
}
