-- Commands append to the audit log inside their commit. The head of a tenant's chain is locked from the append to the end of the
-- transaction; while a caller still had a round trip to make in between, twenty people's commands waited 50 ms for each other.
--
-- A draft lives for the rest of one transaction only, so the table is always empty to others and needs no log of its own.
create unlogged table app.audit_drafts (
  id bigint generated always as identity primary key,
  tenant_id uuid not null,
  verb text not null,
  actor_type text not null,
  actor_id text not null,
  body text not null
);
alter table app.audit_drafts enable row level security;
comment on table app.audit_drafts is 'Audit entries of the transaction under way; appended and removed as it commits';

create function app.append_drafts() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  perform app.append_audit(new.tenant_id, new.verb, new.actor_type, new.actor_id, new.body);
  delete from app.audit_drafts d where d.id = new.id;
  return null;
end
$$;
revoke all on function app.append_drafts() from public;

create constraint trigger audit_drafts_append after insert on app.audit_drafts
  deferrable initially deferred for each row execute function app.append_drafts();

-- Notes an entry that is appended as the caller's transaction commits, in the order noted. Refuses who does not belong to the tenant.
create function app.draft_audit(p_tenant uuid, p_verb text, p_actor_type text, p_actor_id text, p_body text) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  perform app.assert_tenant(p_tenant);
  insert into app.audit_drafts (tenant_id, verb, actor_type, actor_id, body) values (p_tenant, p_verb, p_actor_type, p_actor_id, p_body);
end
$$;
grant execute on function app.draft_audit(uuid, text, text, text, text) to nofx_member, nofx_agent;
