import type pg from "pg";

/**
 * Time passes: not by waiting, and not by a clock that production would have to ask for, but by moving every time that lies in
 * the rows back. To the functions, which read clock_timestamp(), it is the same.
 */
export async function letTimePass(owner: pg.Pool, ms: number): Promise<void> {
  const by = `${ms} milliseconds`;
  await owner.query(
    `update steps set run_at = run_at - $1::interval, lease_until = lease_until - $1::interval,
       deadline_at = deadline_at - $1::interval, held_at = held_at - $1::interval`,
    [by],
  );
  await owner.query("update waits set due_at = due_at - $1::interval where due_at is not null", [
    by,
  ]);
  await owner.query(
    "update runs set paused_at = paused_at - $1::interval where paused_at is not null",
    [by],
  );
}
