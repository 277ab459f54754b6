import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Broadcast } from "./hub.ts";

export type MessageFeedOptions = {
  pool: pg.Pool;
  databaseUrl: string;
  onMessage(message: Broadcast): void;
  /** The connection was lost, so messages may have been missed. */
  onGap(): void;
  onSchemaChange(): void;
  log(line: string): void;
};

type Row = { id: string; topic: string; event: string | null; payload: unknown };

const PRUNE_EVERY_MS = 5 * 60 * 1000;

/**
 * Hands on every message that `realtime.send()` or a plain insert writes. The notification carries the id of a committed
 * row and nothing else (its size is limited); ids that arrive together are read together.
 */
export async function startMessageFeed(
  options: MessageFeedOptions,
): Promise<{ stop(): Promise<void> }> {
  const { pool, onMessage, onGap, onSchemaChange, log } = options;
  let stopped = false;
  let listener: pg.Client;
  let waiting: string[] = [];
  let reading = false;

  const read = async () => {
    if (reading) return;
    reading = true;
    try {
      while (waiting.length > 0) {
        const ids = waiting;
        waiting = [];
        for (const row of await readMessages(pool, ids)) {
          onMessage({ id: row.id, topic: row.topic, event: row.event ?? "", payload: row.payload });
        }
      }
    } catch (error) {
      if (!stopped) log(`realtime: messages could not be read: ${String(error)}`);
      onGap();
    } finally {
      reading = false;
    }
  };

  const listen = async () => {
    const client = new pg.Client({
      connectionString: options.databaseUrl,
      application_name: "nofx realtime",
      keepAlive: true,
    });
    // A connection that never stood is tried again by whoever asked for it. If it counted as lost too, each failure would
    // leave two that try, and soon there would be thousands.
    let stands = false;
    const lose = () => {
      if (stopped || !stands) return;
      stands = false;
      onGap();
      client.end().catch(() => {});
      void reconnect();
    };
    client.on("error", lose);
    client.on("end", lose);
    client.on("notification", ({ channel, payload }) => {
      if (channel === "pgrst") return onSchemaChange();
      if (payload) waiting.push(payload);
      void read();
    });
    await client.connect();
    await client.query("listen realtime_messages; listen pgrst");
    stands = true;
    listener = client;
  };

  const reconnect = async () => {
    for (let pause = 50; !stopped; pause = Math.min(pause * 2, 2000)) {
      try {
        return await listen();
      } catch {
        await delay(pause, undefined, { ref: false });
      }
    }
  };

  await listen();
  const prune = () => pruneMessages(pool).catch(() => {});
  await prune();
  const timer = setInterval(() => void prune(), PRUNE_EVERY_MS).unref();

  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await listener.end().catch(() => {});
    },
  };
}

async function readMessages(pool: pg.Pool, ids: string[]): Promise<Row[]> {
  const { rows } = await pool.query<Row>(
    `select m.id, m.topic, m.event, m.payload
     from unnest($1::uuid[]) with ordinality as wanted (id, place) join realtime.messages m using (id)
     where m.private order by wanted.place`,
    [ids],
  );
  return rows;
}

/** A message is a nudge; after an hour nobody waits for it. */
async function pruneMessages(pool: pg.Pool): Promise<void> {
  await pool.query("delete from realtime.messages where inserted_at < now() - interval '1 hour'");
}
