-- What models are chosen from and by what: settings of providers and models, own prices, and policies. A row without a tenant comes
-- with the product; a tenant's own stands in its place, by name.

-- One row a region of a provider. Its key is in the vault under key_name; null: none is needed.
alter table public.llm_providers
  add column region text not null default 'default' check (region ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  -- null: the provider's own
  add column base_url text check (length(base_url) between 8 and 500),
  -- sent with every call: {name: value}. No secrets: they are shown
  add column headers jsonb not null default '{}' check (jsonb_typeof(headers) = 'object'),
  add column key_name text default 'default' check (key_name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  -- one that fails may be asked a word now and then, to learn when it is well again. It costs a few tokens
  add column probe boolean not null default false,
  add column updated_by uuid,
  add column updated_at timestamptz not null default clock_timestamp();
alter table public.llm_providers drop constraint llm_providers_tenant_id_name_key;
alter table public.llm_providers add constraint llm_providers_region unique nulls not distinct (tenant_id, name, region);
update public.llm_providers set key_name = null where name = 'simulated';
update public.llm_providers p set base_url = known.url
from (values
  ('deepseek', 'https://api.deepseek.com/v1'),
  ('x-ai', 'https://api.x.ai/v1'),
  ('groq', 'https://api.groq.com/openai/v1'),
  ('together', 'https://api.together.xyz/v1'),
  ('fireworks', 'https://api.fireworks.ai/inference/v1'),
  ('cerebras', 'https://api.cerebras.ai/v1'),
  ('moonshotai', 'https://api.moonshot.ai/v1')
) as known (name, url)
where p.name = known.name and p.tenant_id is null;
-- nowhere else is it known where to call
alter table public.llm_providers add constraint llm_providers_called_at
  check (kind <> 'openai_compatible' or base_url is not null);
-- what is made up on this machine is not for tenants to define
alter table public.llm_providers add constraint llm_providers_simulated check (kind <> 'simulated' or tenant_id is null);
grant update (title, kind, enabled, base_url, headers, key_name, probe, updated_by, updated_at) on public.llm_providers to nofx_member;
create policy llm_providers_change on public.llm_providers for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));

alter table public.llm_models
  add column max_output_tokens integer check (max_output_tokens > 0),
  -- 0 to 1; null: nobody has judged it
  add column quality real check (quality between 0 and 1),
  add column enabled boolean not null default true,
  add column updated_by uuid,
  add column updated_at timestamptz not null default clock_timestamp();
alter table public.llm_models add constraint llm_models_capabilities
  check (capabilities <@ array['text', 'json', 'tools', 'vision', 'embeddings', 'streaming', 'reasoning']);
grant update (title, context_tokens, max_output_tokens, capabilities, aliases, quality, enabled, updated_by, updated_at)
  on public.llm_models to nofx_member;
create policy llm_models_change on public.llm_models for update to nofx_member
  using (tenant_id in (select app.tenant_ids())) with check (tenant_id in (select app.tenant_ids()));

-- The list of prices says nothing of what a model can do. By the families that their makers' pages name; a tenant may know better.
update public.llm_models set capabilities = case
  when name ~ 'embed' then '{embeddings}'
  when name ~ '(tts|transcribe|realtime|moderation|whisper|audio|-image)' then '{text}'
  when name ~ '^((text-)?(ada|babbage|curie|davinci)|gpt-3.5-turbo-instruct)' then '{text,streaming}'
  else '{text,json,tools,streaming}'::text[]
    || case when name ~ '(gpt-4o|gpt-4\.1|gpt-4-(turbo|vision)|gpt-4\.5|gpt-5|^o[134]|claude|gemini|gemma-?3|gemma-?4|pixtral|vision|llama-?4|-vl|grok-(2-vision|4)|kimi-k(2\.[5-9]|3)|mistral-(medium|small|large))'
      then '{vision}'::text[] else '{}' end
    || case when name ~ '(^o[134]|gpt-5|gpt-oss|claude-(3-7|3\.7|opus-4|sonnet-4|haiku-4|4)|gemini-(2\.5|3)|deepseek-(r|reasoner|v3\.[12])|grok-(3-mini|4)|magistral|think|reason|qwq|qwen-?3|glm-4\.[5-9]|kimi-k(2\.[5-9]|3))'
      then '{reasoning}'::text[] else '{}' end
  end::text[]
where tenant_id is null;
update public.llm_models set quality = made_up.quality, max_output_tokens = 16000
from (values ('careful', 0.8), ('hasty', 0.5), ('flaky', 0.6), ('broken', 0.1)) as made_up (name, quality)
where llm_models.provider = 'simulated' and llm_models.name = made_up.name;

-- A tenant's own price is never changed: another one for the same start is its next revision, and the newest holds. One that is
-- withdrawn says that from then on the product's price holds again.
alter table public.llm_prices
  add column revision integer not null default 1 check (revision > 0),
  add column withdrawn boolean not null default false,
  add column note text check (length(note) between 1 and 500),
  add column created_by uuid;
alter table public.llm_prices drop constraint llm_prices_tenant_id_provider_model_effective_from_above_to_key;
alter table public.llm_prices add constraint llm_prices_once
  unique nulls not distinct (tenant_id, provider, model, effective_from, above_tokens, revision);
alter table public.llm_prices add constraint llm_prices_withdrawn check (not withdrawn or (tenant_id is not null and above_tokens = 0));
revoke delete on public.llm_prices from nofx_member;
drop policy llm_prices_remove on public.llm_prices;

-- How models are chosen. A row is one version and never changes; the newest of a name holds. body: RoutingPolicy without name and
-- version; null: from then on there is none of that name, or the product's again.
create table public.routing_policies (
  id uuid primary key default app.uuid7(),
  tenant_id uuid references public.tenants (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  version integer not null check (version > 0),
  body jsonb check (jsonb_typeof(body) = 'object'),
  note text not null check (length(note) between 1 and 500),
  created_by uuid,
  created_by_name text not null check (length(created_by_name) between 1 and 200),
  created_at timestamptz not null default clock_timestamp(),
  unique nulls not distinct (tenant_id, name, version)
);
comment on table public.routing_policies is 'Versions of the policies that models are chosen by; without a tenant: come with the product';

alter table public.routing_policies enable row level security;
create policy routing_policies_read on public.routing_policies for select to nofx_member
  using (tenant_id is null or tenant_id in (select app.tenant_ids()));
create policy routing_policies_write on public.routing_policies for insert to nofx_member
  with check (tenant_id in (select app.tenant_ids()));
grant select on public.routing_policies to nofx_member;
grant insert on public.routing_policies to nofx_member;

insert into public.routing_policies (name, version, body, note, created_by_name) values
  ('default', 1, '{"engine": "v2", "named": "only", "maxFallbacks": 3, "unpriced": "allow",
    "rules": [{"strategy": {"type": "balanced", "weights": {"cost": 0.4, "latency": 0.2, "quality": 0.4}}}]}',
    'Weighs cost, latency and quality', 'NOFX'),
  ('cheapest', 1, '{"engine": "v2", "named": "only", "maxFallbacks": 3, "unpriced": "refuse", "rules": [{"strategy": {"type": "cost"}}]}',
    'The cheapest that can', 'NOFX'),
  ('fastest', 1, '{"engine": "v2", "named": "only", "maxFallbacks": 3, "unpriced": "allow", "rules": [{"strategy": {"type": "latency", "percentile": "p50"}}]}',
    'The fastest that can', 'NOFX'),
  ('best', 1, '{"engine": "v2", "named": "only", "maxFallbacks": 3, "unpriced": "allow", "rules": [{"strategy": {"type": "quality"}}]}',
    'The best that can', 'NOFX');

-- What processes that keep any of this in memory compare: it grows with every change, of a tenant's or of the product's.
create table app.routing_versions (
  tenant_id uuid references public.tenants (id) on delete cascade,
  version bigint not null default 1,
  unique nulls not distinct (tenant_id)
);
alter table app.routing_versions enable row level security;

create function app.routing_changed() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_tenant uuid := case when tg_op = 'DELETE' then old.tenant_id else new.tenant_id end;
begin
  -- a tenant that is being removed takes its rows with it
  if v_tenant is not null and not exists (select from public.tenants t where t.id = v_tenant) then
    return null;
  end if;
  insert into app.routing_versions as v (tenant_id) values (v_tenant)
  on conflict (tenant_id) do update set version = v.version + 1;
  return null;
end
$$;

do $$
declare
  name text;
begin
  foreach name in array array['llm_providers', 'llm_models', 'llm_prices', 'routing_policies'] loop
    execute format('create trigger %I after insert or update or delete on public.%I for each row execute function app.routing_changed()',
      name || '_version', name);
  end loop;
end
$$;
