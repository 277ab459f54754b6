import type pg from "pg";

/** Stands before each statement of an actor until it is let go. */
export type Gate = <T>(statement: () => Promise<T>) => Promise<T>;

export interface Actor {
  /** The backend that its statements run on. */
  readonly pid: number;
  run(gate: Gate): Promise<unknown>;
}

export interface Interleaved {
  /** What each actor ended with: its value, or the code that it was refused with. */
  readonly ended: Readonly<Record<string, { value?: unknown; code?: string }>>;
  /** The order in which statements were let go, for whoever looks into a failure. */
  readonly order: readonly string[];
}

interface Moving {
  readonly name: string;
  readonly pid: number;
  state: "ready" | "busy" | "ended";
  /** Lets the statement go that the actor stands before. */
  go: () => void;
  result: { value?: unknown; code?: string };
}

/**
 * Runs actors, each on a connection of its own, one statement at a time in an order that `choices` picks. A statement that
 * waits for a lock is left waiting and the others go on, as they would. When all that is left waits, they wait for each
 * other in a circle: that is an error, whether or not Postgres would find it later.
 */
export async function interleave(
  monitor: pg.PoolClient,
  actors: Readonly<Record<string, Actor>>,
  choices: readonly number[],
): Promise<Interleaved> {
  const order: string[] = [];
  const all = Object.entries(actors).map(([name, actor]) => start(name, actor));
  for (let turn = 0; ; turn++) {
    await untilStill(monitor, all);
    const ready = all.filter((one) => one.state === "ready");
    if (ready.length === 0) break;
    const next = ready[(choices[turn % choices.length] ?? 0) % ready.length]!;
    order.push(next.name);
    next.state = "busy";
    next.go();
  }
  const circle = all.filter((one) => one.state === "busy");
  if (circle.length > 0) {
    const names = circle.map((one) => one.name).join(", ");
    const { rows } = await monitor.query(
      `select pid, pg_blocking_pids(pid) as waits_for, left(query, 80) as query, wait_event_type, wait_event
       from pg_stat_activity where pid = any ($1::int[])`,
      [all.map((one) => one.pid)],
    );
    const found = JSON.stringify(rows);
    throw new Error(`${names} wait for each other in a circle, after ${order.join(" ")}: ${found}`);
  }
  return { ended: Object.fromEntries(all.map(({ name, result }) => [name, result])), order };
}

function start(name: string, actor: Actor): Moving {
  const one: Moving = { name, pid: actor.pid, state: "busy", go: () => {}, result: {} };
  const gate: Gate = async (statement) => {
    await new Promise<void>((resolve) => {
      one.go = resolve;
      one.state = "ready";
    });
    return statement();
  };
  void actor
    .run(gate)
    .then(
      (value) => {
        one.result = { value };
      },
      (error: { code?: string; message: string }) => {
        one.result = { code: error.code ?? error.message };
      },
    )
    .finally(() => {
      one.state = "ended";
    });
  return one;
}

/** Until every busy actor has come to its next statement, has ended, or waits for a lock. */
async function untilStill(monitor: pg.PoolClient, all: readonly Moving[]): Promise<void> {
  for (;;) {
    const busy = all.filter((one) => one.state === "busy");
    if (busy.length === 0) return;
    // Asking who blocks whom stops everybody for a moment, so it is asked only of those that seem to wait. Blocked by one
    // of us: somebody else, autovacuum say, will go away by itself.
    const { rows } = await monitor.query<{ pid: number }>(
      `select a.pid from pg_stat_get_activity(null) a
       where a.pid = any ($1::int[]) and a.wait_event_type = 'Lock' and pg_blocking_pids(a.pid) && $2::int[]`,
      [busy.map((one) => one.pid), all.map((one) => one.pid)],
    );
    const blocked = new Set(rows.map((row) => row.pid));
    if (busy.every((one) => one.state === "busy" && blocked.has(one.pid))) return;
  }
}
