import { within, type Fault } from "./fault.ts";

/** pg_terminate_backend in the middle of a statement. */
export const terminate: Fault = {
  name: "terminated backend",
  bites: "it was executing a statement of the engine",
  perMinute: 5,
  inject: ({ database, signal }) =>
    within(3_000, signal, async () => {
      const rows = await database
        .asSuperuser(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() and state in ('active', 'idle in transaction')
             and usename like 'nofx%' and query ~ 'engine\\.|insert|update|set_config' limit 1`,
        )
        // the server may be restarting
        .catch(() => []);
      return rows.length > 0;
    }),
};
