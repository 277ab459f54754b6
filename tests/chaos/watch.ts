import type { ChaosDatabase } from "./database.ts";

/**
 * Notes, in the transaction that does it, every change that must never happen: an end state that changes, an epoch that is
 * not raised by a claim, a claim of what somebody holds, a stored result that becomes another. The queries at the end see
 * only what is left; this sees what was there for a moment.
 */
const SQL = `
create schema chaos;
create table chaos.violations (at timestamptz default clock_timestamp(), invariant text, id uuid, was jsonb, became jsonb);
create function chaos.note() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into chaos.violations (invariant, id, was, became)
  values (tg_argv[0], coalesce(to_jsonb(new) ->> 'id', to_jsonb(new) ->> 'step_id')::uuid, to_jsonb(old), to_jsonb(new));
  return null;
end $$;
create trigger chaos_steps_end after update on public.steps for each row
  when (old.status in ('succeeded', 'failed', 'cancelled') and (new.status, new.finalised_at, new.epoch) is distinct from (old.status, old.finalised_at, old.epoch))
  execute function chaos.note('I2');
create trigger chaos_runs_end after update on public.runs for each row
  when (old.status in ('succeeded', 'failed', 'cancelled') and (new.status, new.finished_at) is distinct from (old.status, old.finished_at))
  execute function chaos.note('I2');
create trigger chaos_epoch after update on public.steps for each row
  when (new.epoch <> old.epoch and (new.epoch <> old.epoch + 1 or old.status <> 'queued' or new.status <> 'assigned' or old.holds <> 0))
  execute function chaos.note('I3');
create trigger chaos_attempts after update on public.attempts for each row
  when (old.outcome is not null and new.outcome is distinct from old.outcome)
  execute function chaos.note('I4');
create trigger chaos_output after update on public.steps for each row
  when (old.status in ('succeeded', 'failed', 'cancelled') and new.output is distinct from old.output)
  execute function chaos.note('I5');
create trigger chaos_checkpoints after update on public.checkpoints for each row
  when (new.value is distinct from old.value)
  execute function chaos.note('I5');
create trigger chaos_undone after update on public.compensations for each row
  when (old.status in ('undone', 'accepted') and new.status is distinct from old.status)
  execute function chaos.note('I2');
`;

/** Puts the watchers in place. */
export async function watch(database: ChaosDatabase): Promise<void> {
  await database.ask(SQL);
}

/** What they saw. */
export function violations(database: ChaosDatabase): Promise<{ invariant: string }[]> {
  return database.ask("select * from chaos.violations order by at");
}
