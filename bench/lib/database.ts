import { bootstrapDatabase, setLocalPasswords } from "@nofx/db/local-stack";
import { migrate } from "@nofx/db/migrate";
import { seedMember, seedTenant, urlFor, withClient } from "@nofx/db/testing";
import type { ClientBase } from "pg";
import pg from "pg";

/** A database with everything that production has, one tenant in it and one member. */
export interface BenchDatabase {
  /** The superuser, who looks and seeds; nothing that is measured runs as it. */
  readonly adminUrl: string;
  /** The connection of a login of production: `nofx_web`, `nofx_worker`. */
  url(role: string): string;
  readonly tenantId: string;
  readonly memberId: string;
}

/** Applies bootstrap and all migrations to an empty database and seeds it. */
export async function prepareDatabase(adminUrl: string): Promise<BenchDatabase> {
  const { username, password, pathname } = new URL(adminUrl);
  const name = pathname.slice(1);
  const ownerIsSuperuser = username === "postgres";
  await withClient(adminUrl, async (client) => {
    await bootstrapDatabase(ownerIsSuperuser ? keepingSuperuser(client) : client);
    if (password !== "") await setLocalPasswords(client, password);
  });
  await migrate({ connectionString: urlFor(adminUrl, name, "postgres") });
  await withClient(adminUrl, async (client) => {
    // again: the migrations have made logins of ours
    if (password !== "") await setLocalPasswords(client, password);
    if (ownerIsSuperuser) await giveToOwner(client);
  });
  const pool = new pg.Pool({ connectionString: adminUrl, max: 1 });
  try {
    const { id: tenantId } = await seedTenant(pool);
    const memberId = await seedMember(pool, tenantId, "admin");
    return { adminUrl, tenantId, memberId, url: (role) => urlFor(adminUrl, name, role) };
  } finally {
    await pool.end();
  }
}

/** Finds again, in another process, what `prepareDatabase` has made. */
export async function openDatabase(adminUrl: string): Promise<BenchDatabase> {
  const name = new URL(adminUrl).pathname.slice(1);
  const { rows } = await withClient(adminUrl, (client) =>
    client.query<{ tenant_id: string; user_id: string }>(
      "select tenant_id, user_id from public.members order by created_at limit 1",
    ),
  );
  const [seeded] = rows;
  if (seeded === undefined) throw new Error(`${name} was not prepared.`);
  return {
    adminUrl,
    tenantId: seeded.tenant_id,
    memberId: seeded.user_id,
    url: (role) => urlFor(adminUrl, name, role),
  };
}

/** On a server whose superuser is itself called postgres, that one must stay one. */
function keepingSuperuser(client: ClientBase): ClientBase {
  const query = (text: string, values?: unknown[]) =>
    client.query(
      text.replace("('postgres', 'login nosuperuser", "('postgres', 'login superuser"),
      values,
    );
  return { query } as unknown as ClientBase;
}

/**
 * In production our functions and tables belong to a role that is no superuser. Where `postgres` is one, they are given to a role
 * with the rights that it has there, so that every check of rights is made here too.
 */
async function giveToOwner(client: ClientBase): Promise<void> {
  await client.query(`
    do $$
    declare
      v record;
    begin
      if to_regrole('nofx_owner') is null then
        create role nofx_owner nologin inherit bypassrls;
        grant postgres to nofx_owner;
      end if;
      for v in
        select format('schema %I', n.nspname) as it from pg_namespace n
        where n.nspowner = 'postgres'::regrole and n.nspname in ('app', 'engine')
        union all
        select format('table %I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relowner = 'postgres'::regrole and n.nspname in ('app', 'engine', 'public') and c.relkind in ('r', 'p', 'v', 'm')
        union all
        select format('routine %s', p.oid::regprocedure) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where p.proowner = 'postgres'::regrole and n.nspname in ('app', 'engine', 'public')
          and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
      loop
        execute format('alter %s owner to nofx_owner', v.it);
      end loop;
    end
    $$`);
}
