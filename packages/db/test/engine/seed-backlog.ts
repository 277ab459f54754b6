import type pg from "pg";

const TENANTS = 1_000;

export const tenantNumber = (n: number) =>
  `01900000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

export async function seedTenants(owner: pg.Pool): Promise<void> {
  await owner.query(
    `insert into tenants (id, slug, name)
     select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 't-' || n, 't' from generate_series(1, $1::integer) n`,
    [TENANTS],
  );
}

/**
 * The queued steps `from` to `to` over 1,000 tenants, each a task of its own: nine tenths a worker's, a tenth the agents' of
 * tenant 1, most of those in a queue of their own that comes first. A fifth has been tried before and has a deadline; a
 * twentieth waits for a time far off.
 */
export async function seedBacklog(owner: pg.Pool, from: number, to: number): Promise<void> {
  await owner.query(
    `insert into runs (id, tenant_id, title, step_count, steps_left, correlation_id, created_by_type, created_by)
     select ('01900000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
       ('01900000-0000-7000-8000-' || lpad(to_hex(case when n % 10 = 1 then 1 else 1 + n % $3 end), 12, '0'))::uuid,
       'task', 1, 1, gen_random_uuid(), 'system', 'test'
     from generate_series($1::integer, $2::integer) n`,
    [from, to, TENANTS],
  );
  await owner.query(
    `insert into steps (id, tenant_id, run_id, name, title, kind, executor, capability, queue, priority, position, arguments, token,
       correlation_id, run_at, deadline_at, holds)
     select ('01900000-0000-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid,
       ('01900000-0000-7000-8000-' || lpad(to_hex(case when n % 10 = 1 then 1 else 1 + n % $3 end), 12, '0'))::uuid,
       ('01900000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, 'task', 'task',
       case when n % 10 = 1 then 'agent' when n % 4 = 0 then 'shell' else 'http' end,
       case when n % 10 = 1 then 'agent' else 'worker' end, case when n % 10 = 1 then 'review' end,
       case when n % 10 = 1 and n % 50 <> 1 then 'slow' else 'default' end,
       case when n % 10 = 1 and n % 50 <> 1 then 1 else 1 + n % 5 end, 0, '{}', '0123456789', gen_random_uuid(),
       clock_timestamp() - interval '1 day' + make_interval(secs => n / 100.0),
       case when n % 5 = 0 then clock_timestamp() + interval '1 day' end, case when n % 20 = 2 then 8 else 0 end
     from generate_series($1::integer, $2::integer) n`,
    [from, to, TENANTS],
  );
  await owner.query(
    `insert into waits (tenant_id, run_id, step_id, name, option, position, kind, due_at)
     select s.tenant_id, s.run_id, s.id, 'task', 'time', 0, 'timer', clock_timestamp() + interval '1 day'
     from generate_series($1::integer, $2::integer) n
     join steps s on s.id = ('01900000-0000-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid where s.holds = 8`,
    [from, to],
  );
}
