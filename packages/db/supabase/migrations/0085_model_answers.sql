-- What models were asked and said, kept only where a tenant wants it: answers that may be given again, and transcripts. Both hold
-- content, after its redaction; neither is part of runs, events, audit or exports, and each row says when it goes.

create table public.model_cache (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  -- of all that tells one request from another, the model that answers included
  digest text not null check (length(digest) = 64),
  -- the same without the last thing that was said: what is compared by meaning is compared within it
  scope text not null check (length(scope) = 64),
  provider text not null,
  model text not null,
  answer jsonb not null,
  -- of the last thing that was said, of length 1, as 32-bit floats in little-endian order; none where nobody compares
  embedding bytea,
  embedding_model text,
  call_id uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  primary key (tenant_id, digest),
  check ((embedding is null) = (embedding_model is null))
);
comment on table public.model_cache is 'Answers of models that may be given again within their tenant';
create index model_cache_near on public.model_cache (tenant_id, scope, created_at desc) where embedding is not null;
create index model_cache_expired on public.model_cache (expires_at);
comment on index public.model_cache_expired is 'Answers whose time is over, for the sweep';
comment on index public.model_cache_near is 'Newest first: as many as are compared';
alter table public.model_cache enable row level security;
create policy model_cache_remove on public.model_cache for delete to nofx_member
  using (tenant_id in (select app.tenant_ids()));
-- what a delete has to see of its rows
create policy model_cache_read on public.model_cache for select to nofx_member
  using (tenant_id in (select app.tenant_ids()));
grant delete, select (tenant_id, digest, provider, model, call_id, created_at, expires_at) on public.model_cache to nofx_member;

create table public.model_transcripts (
  call_id uuid primary key,
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  request jsonb not null,
  -- null: nothing was said before it broke off
  answer jsonb,
  -- how many places the redaction rewrote
  redacted integer not null default 0 check (redacted >= 0),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
comment on table public.model_transcripts is 'What was said in a call of a model, after redaction, until it expires';
create index model_transcripts_list on public.model_transcripts (tenant_id, created_at desc);
create index model_transcripts_expired on public.model_transcripts (expires_at);
comment on index public.model_transcripts_list is 'Transcripts of a tenant, newest first';
comment on index public.model_transcripts_expired is 'Transcripts whose time is over, for the sweep';
alter table public.model_transcripts enable row level security;
create policy model_transcripts_read on public.model_transcripts for select to nofx_member
  using (tenant_id in (select app.tenant_ids()));
create policy model_transcripts_remove on public.model_transcripts for delete to nofx_member
  using (tenant_id in (select app.tenant_ids()));
grant select, delete on public.model_transcripts to nofx_member;

create function app.find_kept_answer(p_claims jsonb, p_tenant uuid, p_digest text)
returns table (provider text, model text, answer jsonb, call_id uuid, created_at timestamptz)
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform app.act_as(p_claims, p_tenant);
  return query select c.provider, c.model, c.answer, c.call_id, c.created_at from public.model_cache c
    where c.tenant_id = p_tenant and c.digest = p_digest and c.expires_at > clock_timestamp();
end
$$;

-- What answers by meaning are compared with: the newest of the same scope, by the same model of embeddings.
create function app.near_kept_answers(p_claims jsonb, p_tenant uuid, p_scope text, p_embedding_model text, p_limit integer)
returns table (digest text, embedding bytea)
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform app.act_as(p_claims, p_tenant);
  return query select c.digest, c.embedding from public.model_cache c
    where c.tenant_id = p_tenant and c.scope = p_scope and c.embedding is not null and c.embedding_model = p_embedding_model
      and c.expires_at > clock_timestamp()
    order by c.created_at desc limit p_limit;
end
$$;

create function app.keep_model_answer(p_claims jsonb, p_answer jsonb, p_embedding bytea, p_seconds integer) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform app.act_as(p_claims, (p_answer ->> 'tenant_id')::uuid);
  insert into public.model_cache as c (tenant_id, digest, scope, provider, model, answer, embedding, embedding_model, call_id, expires_at)
  select a.tenant_id, a.digest, a.scope, a.provider, a.model, a.answer, p_embedding, a.embedding_model, a.call_id,
    clock_timestamp() + make_interval(secs => p_seconds)
  from jsonb_populate_record(null::public.model_cache, p_answer) a
  on conflict (tenant_id, digest) do update
  set answer = excluded.answer, call_id = excluded.call_id, created_at = clock_timestamp(), expires_at = excluded.expires_at,
    embedding = coalesce(excluded.embedding, c.embedding), embedding_model = coalesce(excluded.embedding_model, c.embedding_model);
end
$$;

create function app.keep_transcript(p_claims jsonb, p_transcript jsonb, p_days integer) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform app.act_as(p_claims, (p_transcript ->> 'tenant_id')::uuid);
  insert into public.model_transcripts (call_id, tenant_id, request, answer, redacted, expires_at)
  select t.call_id, t.tenant_id, t.request, t.answer, t.redacted, clock_timestamp() + make_interval(days => p_days)
  from jsonb_populate_record(null::public.model_transcripts, p_transcript) t
  on conflict (call_id) do nothing;
end
$$;
grant execute on function app.find_kept_answer(jsonb, uuid, text), app.near_kept_answers(jsonb, uuid, text, text, integer),
  app.keep_model_answer(jsonb, jsonb, bytea, integer), app.keep_transcript(jsonb, jsonb, integer) to nofx_web, nofx_agent_gateway;

create function engine.sweep_model_answers(p_limit integer) returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_answers integer;
  v_transcripts integer;
begin
  delete from public.model_cache c
  where (c.tenant_id, c.digest) in (
    select e.tenant_id, e.digest from public.model_cache e where e.expires_at < clock_timestamp()
    order by e.expires_at limit p_limit for update skip locked);
  get diagnostics v_answers = row_count;
  delete from public.model_transcripts t
  where t.call_id in (
    select e.call_id from public.model_transcripts e where e.expires_at < clock_timestamp()
    order by e.expires_at limit p_limit for update skip locked);
  get diagnostics v_transcripts = row_count;
  return v_answers + v_transcripts;
end
$$;
grant execute on function engine.sweep_model_answers(integer) to nofx_worker;
