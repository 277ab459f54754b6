import pg from "pg";

export type PoolOptions = {
  connectionString: string;
  /** Connections at most; a serverless function wants 1 or 2. */
  max?: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** A pool that is only used now and then gives its connections back after this long. */
  idleTimeoutMillis?: number;
  /** So many are kept all the same. */
  min?: number;
};

/** bigint counters of ours stay far below 2^53; as strings they would compare and add wrongly. */
const INT8 = 20;

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === INT8 && format !== "binary"
      ? parseInt8
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond 2^53`);
  return value;
}

/**
 * A pool of connections. It uses no named statements by itself, so a transaction pooler may stand before the server; whoever gives
 * a query a name (`callHot`: the worker, whose connections are direct) has it prepared once a connection.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.max ?? 10,
    min: options.min ?? 0,
    application_name: options.applicationName,
    idleTimeoutMillis: options.idleTimeoutMillis ?? 30_000,
    connectionTimeoutMillis: 10_000,
    types,
  });
  // A connection that breaks while idle is replaced at the next use; without a listener it would end the process.
  pool.on("error", () => {});
  // The same for one that breaks while it is lent out between two queries: the next query reports it.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
