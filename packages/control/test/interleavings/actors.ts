import { createPool } from "@nofx/db/client";
import { createPlane, type MemberContext, type Plane } from "@nofx/control/command";
import type { TestDatabase } from "@nofx/db/testing";
import type pg from "pg";
import type { Actor, Gate } from "./interleave.ts";

export type Query = (text: string, values?: unknown[]) => Promise<pg.QueryResult>;

/** Connections of the engine's login, each an actor's own. */
export interface EngineActors {
  /** A transaction of these statements, each let go on its own. */
  actor(work: (query: Query) => Promise<unknown>): Actor;
  /** The same login outside of any schedule. */
  query: Query;
  close(): Promise<void>;
}

export async function openEngineActors(
  database: TestDatabase,
  count: number,
): Promise<EngineActors> {
  const pool = createPool({
    connectionString: database.url("nofx_worker"),
    applicationName: "actor",
    max: count + 1,
  });
  const clients = await Promise.all(Array.from({ length: count }, () => pool.connect()));
  let next = 0;
  return {
    query: (text, values) => pool.query(text, values),
    actor(work) {
      const client = clients[next++ % count]!;
      return {
        pid: pidOf(client),
        run: async (gate) => {
          await gate(() => client.query("begin"));
          try {
            const value = await work((text, values) => gate(() => client.query(text, values)));
            await gate(() => client.query("commit"));
            return value;
          } catch (error) {
            await client.query("rollback");
            throw error;
          }
        },
      };
    },
    close: async () => {
      for (const client of clients) client.release();
      await pool.end();
    },
  };
}

/** A plane with one connection, each statement of which stands before the gate of the command that runs on it. */
export interface CommandActor {
  actor(ctx: MemberContext, work: (ctx: MemberContext) => Promise<unknown>): Actor;
  close(): Promise<void>;
}

export async function openCommandActor(database: TestDatabase): Promise<CommandActor> {
  const plane: Plane = createPlane(
    {
      DATABASE_URL: database.url("nofx_web"),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "none",
      SUPABASE_JWT_SECRET: "none",
    },
    { applicationName: "actor", max: 1 },
  );
  let current: Gate | undefined;
  const client = await plane.pool.connect();
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  const gated = (...args: unknown[]) =>
    current === undefined ? query(...args) : current(() => query(...args));
  Object.assign(client, { query: gated });
  client.release();
  return {
    actor: (ctx, work) => ({
      pid: pidOf(client),
      run: async (gate) => {
        current = gate;
        try {
          return await work({ ...ctx, plane });
        } finally {
          current = undefined;
        }
      },
    }),
    close: () => plane.close(),
  };
}

function pidOf(client: pg.PoolClient): number {
  return (client as unknown as { processID: number }).processID;
}
