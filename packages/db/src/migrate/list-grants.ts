import type { ClientBase, Pool } from "pg";

/** Schemas whose rights we watch: our own, and those in which our migrations open something. */
const SCHEMAS = ["app", "auth", "engine", "extensions", "public", "realtime", "storage"];

/**
 * Every right that anybody but the owner has on schemas, tables, columns, sequences and functions, one line each, sorted:
 * `table public.plans: authenticated SELECT, INSERT`. Compared with the committed list, so that a right that appears or
 * goes is seen in review, and so that nothing grants behind our back while the stack serves.
 */
export async function listGrants(db: ClientBase | Pool): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(
    `with rights as (
      select 'schema ' || n.nspname as object, n.nspowner as owner, acl.*
      from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) acl
      where n.nspname = any($1)
      union all
      select case c.relkind when 'S' then 'sequence ' when 'v' then 'view ' when 'm' then 'view ' else 'table ' end
        || n.nspname || '.' || c.relname, c.relowner, acl.*
      from pg_class c join pg_namespace n on n.oid = c.relnamespace,
        aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) acl
      where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
      union all
      select 'column ' || n.nspname || '.' || c.relname || '.' || a.attname, c.relowner, acl.*
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace,
        aclexplode(a.attacl) acl
      where n.nspname = any($1) and a.attnum > 0 and not a.attisdropped
      union all
      select 'function ' || p.oid::regprocedure::text, p.proowner, acl.*
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
        aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
      where n.nspname = any($1) and n.nspname <> 'extensions'
      union all
      select 'default in ' || coalesce(n.nspname, 'every schema') || ' for ' ||
        case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
          when 'T' then 'types' else 'schemas' end || ' of ' || d.defaclrole::regrole::text, d.defaclrole, acl.*
      from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace, aclexplode(d.defaclacl) acl
    )
    select line from (select object || ': ' || case when grantee = 0 then 'public' else grantee::regrole::text end || ' ' ||
      string_agg(privilege_type || case when is_grantable then '*' else '' end, ', ' order by privilege_type) as line
    from rights
    where grantee <> owner
    group by object, grantee) as lines
    order by line collate "C"`,
    [SCHEMAS],
  );
  return rows.map((row) => row.line);
}
