import { pause, within, type Fault } from "./fault.ts";

/** SIGKILL of Redis; it comes back empty after a while. */
export const restartRedis: Fault = {
  name: "SIGKILL of Redis",
  bites: "steps succeeded while it was away",
  perMinute: 2,
  async inject({ database, redis, random, signal }) {
    if (redis === undefined) return "not now";
    const [clock] = await database.ask<{ at: Date }>("select clock_timestamp() as at");
    await redis.kill();
    try {
      await pause(1_000 + random() * 2_000, signal);
      return await within(5_000, signal, async () => {
        const done = await database.ask(
          "select from steps where status = 'succeeded' and executor = 'worker' and finalised_at > $1 limit 1",
          [clock?.at],
        );
        return done.length > 0;
      });
    } finally {
      await redis.start();
    }
  },
};
