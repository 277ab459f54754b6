-- What models were asked for through the endpoint: a row an attempt at a provider, with its own tokens, price and cost, so that what
-- was paid adds up and no second try is hidden. What was said is not here: see model_cache and model_transcripts.
create table public.model_calls (
  id uuid primary key default app.uuid7(),
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  -- one request of a caller; its attempts are numbered from 1
  call_id uuid not null,
  attempt smallint not null check (attempt between 1 and 100),
  endpoint text not null check (endpoint in ('chat', 'responses', 'embeddings')),
  -- the model as the caller named it, and who was asked for it
  asked text not null check (length(asked) between 1 and 300),
  provider text not null check (length(provider) between 1 and 100),
  model text not null check (length(model) between 1 and 300),
  region text not null default 'default' check (length(region) between 1 and 100),
  policy text check (length(policy) between 1 and 200),
  decision_digest text check (length(decision_digest) between 1 and 100),
  reason text check (length(reason) <= 1000),
  run_id uuid,
  step_id uuid,
  agent_id uuid,
  member_id uuid,
  -- abandoned: the caller left before its end; lost: the process that asked was not heard of again
  status text not null default 'under_way' check (status in ('under_way', 'succeeded', 'failed', 'abandoned', 'lost')),
  error_code text check (length(error_code) between 1 and 100),
  finish_reason text check (length(finish_reason) between 1 and 100),
  streamed boolean not null default false,
  -- none: nobody asked for a kept answer
  cache text not null default 'none' check (cache in ('none', 'miss', 'exact', 'semantic')),
  -- null: nobody told
  input_tokens integer check (input_tokens >= 0),
  cache_read_tokens integer check (cache_read_tokens >= 0),
  cache_write_tokens integer check (cache_write_tokens >= 0),
  output_tokens integer check (output_tokens >= 0),
  reasoning_tokens integer check (reasoning_tokens >= 0),
  -- counted here, because the provider was cut off before it told
  usage_estimated boolean not null default false,
  -- picodollars a token by class, as they were in force: {input, output, cacheRead, cacheWrite, reasoning, from, aboveTokens, own}
  price jsonb,
  cost_pico bigint check (cost_pico >= 0),
  latency_ms integer check (latency_ms >= 0),
  first_token_ms integer check (first_token_ms >= 0),
  reservation_id uuid,
  key_id uuid,
  traceparent text check (length(traceparent) <= 100),
  started_at timestamptz not null default clock_timestamp(),
  -- whoever asks has to be done by then
  lease_until timestamptz not null,
  ended_at timestamptz,
  unique (call_id, attempt),
  check ((status = 'under_way') = (ended_at is null))
);
comment on table public.model_calls is 'One attempt at a model, with what it used and cost';
create index model_calls_list on public.model_calls (tenant_id, started_at desc, id desc);
create index model_calls_of_run on public.model_calls (run_id) where run_id is not null;
create index model_calls_under_way on public.model_calls (lease_until) where status = 'under_way';
comment on index public.model_calls_list is 'Calls of a tenant, newest first';
comment on index public.model_calls_of_run is 'What a run asked models for';
comment on index public.model_calls_under_way is 'The sweep for calls whose process has died';

alter table public.model_calls enable row level security;
create policy model_calls_read on public.model_calls for select to authenticated, nofx_member
  using (tenant_id in (select app.tenant_ids()));
grant select on public.model_calls to authenticated, nofx_member;

-- Who calls models, by the digest of an agent's key or as a member that the sign-in service has vouched for, and what the tenant says
-- of its endpoint. Called before any claim is set.
create function app.model_caller(p_key_sha256 text)
returns table (agent_id uuid, tenant_id uuid, name text, settings jsonb)
language sql volatile security definer
set search_path = ''
as $$
  select a.agent_id, a.tenant_id, a.name,
    (select s.value from public.tenant_settings s where s.tenant_id = a.tenant_id and s.key = 'model_endpoint')
  from app.agent_by_key(p_key_sha256) a
$$;

create function app.model_member(p_user uuid, p_tenant uuid)
returns table (tenant_id uuid, role text, settings jsonb)
language sql stable security definer
set search_path = ''
as $$
  select m.tenant_id, m.role,
    (select s.value from public.tenant_settings s where s.tenant_id = m.tenant_id and s.key = 'model_endpoint')
  from public.members m where m.user_id = p_user and (p_tenant is null or m.tenant_id = p_tenant)
  order by m.created_at limit 1
$$;

-- One statement a call, without a transaction around it: it takes the claims of whoever calls and refuses another tenant's.
create function app.act_as(p_claims jsonb, p_tenant uuid) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform set_config('request.jwt.claims', p_claims::text, true);
  perform app.assert_tenant(p_tenant);
end
$$;
revoke all on function app.act_as(jsonb, uuid) from public;

-- The run of a step that a call is to be charged to. An agent's own steps only, while it holds them; a member's are all of the tenant.
create function app.model_call_run(p_claims jsonb, p_tenant uuid, p_step uuid) returns uuid
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform app.act_as(p_claims, p_tenant);
  return (select s.run_id from public.steps s
    where s.id = p_step and s.tenant_id = p_tenant
      and (app.agent_id() is null or (s.status in ('assigned', 'running') and s.lease_owner = app.agent_id()::text)));
end
$$;

-- The row of an attempt, before the provider is asked.
create function app.begin_model_call(p_claims jsonb, p_call jsonb) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform app.act_as(p_claims, (p_call ->> 'tenant_id')::uuid);
  insert into public.model_calls (id, tenant_id, call_id, attempt, endpoint, asked, provider, model, region, policy, decision_digest, reason,
    run_id, step_id, agent_id, member_id, streamed, cache, price, reservation_id, key_id, traceparent, lease_until)
  select c.id, c.tenant_id, c.call_id, c.attempt, c.endpoint, c.asked, c.provider, c.model, c.region, c.policy, c.decision_digest, c.reason,
    c.run_id, c.step_id, app.agent_id(), case when app.agent_id() is null then app.user_id() end, c.streamed, c.cache, c.price,
    c.reservation_id, c.key_id, c.traceparent, clock_timestamp() + make_interval(secs => (p_call ->> 'lease_ms')::double precision / 1000)
  from jsonb_populate_record(null::public.model_calls, p_call) c;
end
$$;

-- How an attempt ended. The row is the proof that it was allowed: whoever loses the right in the middle has used it all the same. One
-- that was given up for lost and ends after all is as it ended.
create function app.end_model_call(p_id uuid, p_end jsonb) returns boolean
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  update public.model_calls m
  set status = e.status, error_code = e.error_code, finish_reason = e.finish_reason, input_tokens = e.input_tokens,
    cache_read_tokens = e.cache_read_tokens, cache_write_tokens = e.cache_write_tokens, output_tokens = e.output_tokens,
    reasoning_tokens = e.reasoning_tokens, usage_estimated = coalesce(e.usage_estimated, false), price = coalesce(e.price, m.price),
    key_id = coalesce(e.key_id, m.key_id), cost_pico = e.cost_pico, latency_ms = e.latency_ms, first_token_ms = e.first_token_ms, ended_at = clock_timestamp()
  from jsonb_populate_record(null::public.model_calls, p_end) e
  where m.id = p_id and m.status in ('under_way', 'lost');
  return found;
end
$$;

-- An attempt begins: it is reserved in every budget and has its row, or nothing of both. One statement and one commit, which is not
-- waited for: a server that crashes within the next half second forgets a call that had hardly begun, and its end is written whole.
-- p_ask: {id, key, scopes, amounts, wrapping_up}, as app.reserve_budget takes them. Answers what that answers; or {outcome: unpriced,
-- budget_name} where money is limited and nobody knows what it costs: what cannot be counted would be beyond any cap.
create function app.open_model_call(p_claims jsonb, p_call jsonb, p_ask jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_answer jsonb;
  v_budget text;
begin
  perform set_config('synchronous_commit', 'off', true);
  if not p_ask -> 'amounts' ? 'usd' then
    perform app.act_as(p_claims, (p_call ->> 'tenant_id')::uuid);
    select b.name into v_budget
    from unnest(app.budgets_for((p_call ->> 'tenant_id')::uuid, p_ask -> 'scopes', '{"usd": "0"}', clock_timestamp())) h
    join public.budgets b on b.id = h.budget_id order by b.name limit 1;
    if found then
      return jsonb_build_object('outcome', 'unpriced', 'budget_name', v_budget);
    end if;
  end if;
  v_answer := app.reserve_budget(p_claims, (p_call ->> 'tenant_id')::uuid, (p_ask ->> 'id')::uuid, p_ask ->> 'key', p_ask -> 'scopes',
    p_ask -> 'amounts', (p_call ->> 'lease_ms')::integer, (p_ask ->> 'wrapping_up')::boolean);
  if v_answer ->> 'outcome' = 'reserved' then
    perform app.begin_model_call(p_claims, p_call || jsonb_build_object('reservation_id', v_answer ->> 'id'));
  end if;
  return v_answer;
end
$$;

-- It has ended: what was reserved is settled with what was used, or given back where that is null, and the row is closed, both or
-- neither. Answers what of it was still there to be ended.
create function app.close_model_call(p_id uuid, p_end jsonb, p_reservation uuid, p_actual jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_settled boolean := app.settle_budget(p_reservation, p_actual) is not null;
begin
  return jsonb_build_object('settled', v_settled, 'ended', app.end_model_call(p_id, p_end));
end
$$;

-- An answer that was kept from an earlier call: nobody was asked, nothing was paid.
create function app.record_kept_answer(p_claims jsonb, p_call jsonb) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform app.begin_model_call(p_claims, p_call || '{"lease_ms": 0}');
  perform app.end_model_call((p_call ->> 'id')::uuid,
    p_call || '{"status": "succeeded", "input_tokens": 0, "cache_read_tokens": 0, "cache_write_tokens": 0, "output_tokens": 0,
      "reasoning_tokens": 0, "cost_pico": 0}');
end
$$;

grant execute on function app.model_caller(text), app.model_member(uuid, uuid), app.model_call_run(jsonb, uuid, uuid),
  app.open_model_call(jsonb, jsonb, jsonb), app.close_model_call(uuid, jsonb, uuid, jsonb), app.begin_model_call(jsonb, jsonb),
  app.end_model_call(uuid, jsonb), app.record_kept_answer(jsonb, jsonb) to nofx_web, nofx_agent_gateway;

-- Calls whose process was not heard of again: what they used, nobody knows. Those that are older than the tenant keeps its runs go.
create function engine.sweep_model_calls(p_limit integer) returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  v_lost integer;
  v_gone integer;
begin
  update public.model_calls m set status = 'lost', ended_at = clock_timestamp()
  where m.id in (
    select l.id from public.model_calls l where l.status = 'under_way' and l.lease_until < clock_timestamp()
    order by l.lease_until limit p_limit for update skip locked);
  get diagnostics v_lost = row_count;

  delete from public.model_calls m
  where m.id in (
    select old.id from engine.retention() r cross join lateral (
      select o.id from public.model_calls o
      where o.tenant_id = r.tenant_id and o.started_at < r.delete_before and o.status <> 'under_way'
      order by o.started_at limit p_limit for update skip locked) as old
    limit p_limit);
  get diagnostics v_gone = row_count;
  return v_lost + v_gone;
end
$$;
grant execute on function engine.sweep_model_calls(integer) to nofx_worker;

-- What a tenant says of its endpoint: {cache, cacheSeconds, similarity, embeddingsModel, transcripts, transcriptDays, redact,
-- requestsPerMinute}
alter table public.tenant_settings drop constraint tenant_settings_key_check;
alter table public.tenant_settings add constraint tenant_settings_key_check
  check (key in ('shell', 'retention', 'budgets', 'compliance', 'model_endpoint'));
comment on table public.tenant_settings is 'Settings of a tenant; shell: "off" | "trusted" | "sandboxed"; retention: see app.retention; '
  'budgets, compliance: what gates judge by; model_endpoint: what is kept of calls of models';
create policy tenant_settings_endpoint_write on public.tenant_settings for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()) and key = 'model_endpoint');
create policy tenant_settings_endpoint_change on public.tenant_settings for update to nofx_member
  using (tenant_id in (select app.tenant_ids()) and key = 'model_endpoint')
  with check (tenant_id in (select app.tenant_ids()) and key = 'model_endpoint');
