import pg from "pg";

/** A connection of its own, on which one role is stood for and led. */
export interface LeaderSession {
  /** The new term, or undefined while another session leads. */
  stand(): Promise<number | undefined>;
  /** "Still here": false when somebody else has been elected since. */
  leads(term: number): Promise<boolean>;
  /** Fires when the connection has ended, and with it whatever it led. */
  readonly ended: AbortSignal;
  /** Ends the connection, and with it the lock. */
  close(): Promise<void>;
}

/**
 * Opens the session. The server ends it when nothing is heard on it for `patienceMs`, so a frozen process hands over like a
 * dead one. Needs a connection that is one session from end to end: no transaction pooler.
 */
export async function openLeaderSession(options: {
  connectionString: string;
  applicationName: string;
  role: string;
  holder: string;
  patienceMs: number;
}): Promise<LeaderSession> {
  const { role, holder, patienceMs } = options;
  const client = new pg.Client({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    query_timeout: patienceMs,
  });
  const ended = new AbortController();
  const end = () => ended.abort();
  client.on("error", end);
  client.on("end", end);
  const close = async () => {
    end();
    await client.end().catch(() => {});
  };
  try {
    await client.connect();
    await client.query("select set_config('idle_session_timeout', $1, false)", [`${patienceMs}ms`]);
  } catch (error) {
    await close();
    throw error;
  }
  const ask = async (text: string, values: unknown[]): Promise<unknown> => {
    const { rows } = await client.query<{ value: unknown }>(text, values);
    return rows[0]?.value;
  };
  return {
    ended: ended.signal,
    close,
    stand: async () => {
      const term = await ask("select engine.stand($1, $2) as value", [role, holder]);
      return term === null ? undefined : Number(term);
    },
    leads: async (term) =>
      (await ask("select engine.leads($1, $2) as value", [role, term])) === true,
  };
}
