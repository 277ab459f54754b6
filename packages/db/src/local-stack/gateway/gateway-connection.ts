import { PostgresConnection } from "@supabase/lite/postgres";

type Introspection = Awaited<ReturnType<PostgresConnection["introspect"]>>;

/**
 * How the Supabase-compatible server reaches the database. It logs in as `nofx_gateway`, which owns nothing and may do
 * nothing outside auth, storage and realtime, and becomes the caller's role for each request. The catalog it reads as
 * another role, because the views it uses hide every table that `nofx_gateway` itself has no right on.
 */
export class GatewayConnection extends PostgresConnection {
  readonly #catalog: PostgresConnection;

  constructor(options: { url: string; catalogUrl: string }) {
    super({ url: options.url, postgresOptions: driverOptions(10) });
    this.#catalog = new PostgresConnection({
      url: options.catalogUrl,
      postgresOptions: driverOptions(1),
    });
    // At its first request the server would GRANT ALL on every table to the API roles, undoing what migrations revoked.
    // `nofx_gateway` cannot grant anything; this keeps it from trying, which would fail the request.
    Reflect.set(this, "rlsState", "active");
  }

  override introspect(options?: { useCache?: boolean }): Promise<Introspection> {
    return this.#catalog.introspect(options);
  }

  override async clearSchemaCache(): Promise<void> {
    await this.#catalog.clearSchemaCache();
    await super.clearSchemaCache();
  }

  override async close(): Promise<void> {
    await Promise.all([this.driver.end({ timeout: 2 }), this.#catalog.driver.end({ timeout: 2 })]);
  }
}

function driverOptions(max: number) {
  return {
    max,
    idle_timeout: 30,
    onnotice: () => {},
    connection: { application_name: "nofx gateway" },
  };
}
