-- The schema that the migrations make, for reading and for review. Written by "node src/migrate/dump.ts"; not a
-- migration, and never applied. Rights are listed in grants.txt.

-- Types

create type app.budget_hold as (
  budget_id uuid,
  subject text,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  measure text,
  amount numeric
);

create type engine.agent_group as (
  capability text,
  queue text,
  handler text,
  priority smallint
);

create type engine.claim_group as (
  tenant_id uuid,
  handler text,
  priority smallint,
  run_at timestamp with time zone
);

create type engine.settlement as (
  n integer,
  step_id uuid,
  epoch bigint,
  outcome text,
  output jsonb,
  error jsonb,
  retry_ms integer,
  past_deadline boolean
);

-- Sequences

create sequence engine.claim_front_0;

create sequence engine.claim_front_1;

create sequence engine.claim_front_2;

create sequence engine.claim_front_3;

create sequence engine.claim_front_4;

create sequence engine.claim_front_5;

create sequence engine.claim_front_6;

create sequence engine.claim_front_7;

-- Tables, with constraints, indexes, triggers, row level security and policies

create table app.audit_drafts (
  id bigint not null generated always as identity,
  tenant_id uuid not null,
  verb text not null,
  actor_type text not null,
  actor_id text not null,
  body text not null,
  constraint audit_drafts_pkey PRIMARY KEY (id)
) -- unlogged;
CREATE CONSTRAINT TRIGGER audit_drafts_append AFTER INSERT ON app.audit_drafts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.append_drafts();
alter table app.audit_drafts enable row level security;
comment on table app.audit_drafts is 'Audit entries of the transaction under way; appended and removed as it commits';

create table app.keks (
  kid text not null,
  fingerprint text not null,
  status text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  retired_at timestamp with time zone,
  constraint keks_pkey PRIMARY KEY (kid),
  constraint keks_check CHECK (((status = 'retired'::text) = (retired_at IS NOT NULL))),
  constraint keks_fingerprint_check CHECK ((fingerprint ~ '^[0-9a-f]{64}$'::text)),
  constraint keks_kid_check CHECK ((kid ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'::text)),
  constraint keks_status_check CHECK ((status = ANY (ARRAY['current'::text, 'previous'::text, 'retired'::text])))
);
CREATE UNIQUE INDEX keks_current ON app.keks USING btree ((true)) WHERE (status = 'current'::text);
CREATE TRIGGER keks_keep_retired BEFORE DELETE OR UPDATE ON app.keks FOR EACH ROW EXECUTE FUNCTION app.keep_retired();
alter table app.keks enable row level security;
comment on table app.keks is 'Versions of the key that wraps keys: which one to write with, which are refused';

create table app.routing_versions (
  tenant_id uuid,
  version bigint not null default 1,
  constraint routing_versions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint routing_versions_tenant_id_key UNIQUE NULLS NOT DISTINCT (tenant_id)
);
alter table app.routing_versions enable row level security;

create table engine.leaders (
  role text not null,
  term bigint not null,
  holder text not null,
  since timestamp with time zone not null,
  constraint leaders_pkey PRIMARY KEY (role),
  constraint leaders_holder_check CHECK (((length(holder) >= 1) AND (length(holder) <= 200))),
  constraint leaders_role_check CHECK ((role ~ '^[a-z][a-z0-9_-]{0,62}$'::text)),
  constraint leaders_term_check CHECK ((term > 0))
);
alter table engine.leaders enable row level security;
comment on table engine.leaders is 'One row a job that one process at a time does: who does it, and the term of that';

create table public.agent_capabilities (
  agent_id uuid not null,
  capability text not null,
  tenant_id uuid not null,
  title text,
  proficiency real,
  resources jsonb,
  declared_success_rate double precision,
  declared_latency_ms double precision,
  declared_cost_pico bigint,
  version text,
  input_schema jsonb,
  output_schema jsonb,
  events jsonb,
  samples bigint not null default 0,
  successes bigint not null default 0,
  since timestamp with time zone,
  last_at timestamp with time zone,
  recent jsonb not null default '[]'::jsonb,
  success_rate double precision,
  latency_ms double precision,
  cost_pico double precision,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint agent_capabilities_pkey PRIMARY KEY (agent_id, capability),
  constraint agent_capabilities_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agent_registry(id) ON DELETE CASCADE,
  constraint agent_capabilities_capability_check CHECK ((capability ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint agent_capabilities_check CHECK (((successes >= 0) AND (successes <= samples))),
  constraint agent_capabilities_declared_cost_pico_check CHECK ((declared_cost_pico >= 0)),
  constraint agent_capabilities_declared_latency_ms_check CHECK ((declared_latency_ms >= (0)::double precision)),
  constraint agent_capabilities_declared_success_rate_check CHECK (((declared_success_rate >= (0)::double precision) AND (declared_success_rate <= (1)::double precision))),
  constraint agent_capabilities_proficiency_check CHECK (((proficiency >= (0)::double precision) AND (proficiency <= (1)::double precision))),
  constraint agent_capabilities_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint agent_capabilities_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
) with (fillfactor=70);
-- Agents of a capability: the marketplace, and the schemas that an input is checked by
CREATE INDEX agent_capabilities_find ON public.agent_capabilities USING btree (tenant_id, capability, agent_id);
alter table public.agent_capabilities enable row level security;
comment on table public.agent_capabilities is 'What an agent can do, as declared and as measured';

create table public.agent_endpoint_secrets (
  agent_id uuid not null,
  tenant_id uuid not null,
  secret text not null,
  previous text,
  previous_until timestamp with time zone,
  constraint agent_endpoint_secrets_pkey PRIMARY KEY (agent_id),
  constraint agent_endpoint_secrets_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agent_endpoints(agent_id) ON DELETE CASCADE,
  constraint agent_endpoint_secrets_check CHECK (((previous IS NULL) = (previous_until IS NULL))),
  constraint agent_endpoint_secrets_previous_check CHECK ((previous ~~ 'whsec\_%'::text)),
  constraint agent_endpoint_secrets_secret_check CHECK ((secret ~~ 'whsec\_%'::text)),
  constraint agent_endpoint_secrets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.agent_endpoint_secrets enable row level security;
comment on table public.agent_endpoint_secrets is 'What posted steps are signed with; shown once when made';

create table public.agent_endpoints (
  agent_id uuid not null,
  tenant_id uuid not null,
  url text not null,
  key_id uuid not null,
  max_concurrency integer not null default 10,
  timeout_seconds integer not null default 300,
  status text not null default 'active'::text,
  disabled_reason text,
  attempts integer not null default 0,
  failing_since timestamp with time zone,
  last_error text,
  next_at timestamp with time zone not null default clock_timestamp(),
  pushed_at timestamp with time zone,
  created_by uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint agent_endpoints_pkey PRIMARY KEY (agent_id),
  constraint agent_endpoints_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agent_registry(id) ON DELETE CASCADE,
  constraint agent_endpoints_check CHECK (((status = 'disabled'::text) = (disabled_reason IS NOT NULL))),
  constraint agent_endpoints_disabled_reason_check CHECK ((disabled_reason = ANY (ARRAY['gone'::text, 'failing'::text, 'by_member'::text]))),
  constraint agent_endpoints_key_id_fkey FOREIGN KEY (key_id) REFERENCES agent_keys(id) ON DELETE CASCADE,
  constraint agent_endpoints_last_error_check CHECK ((length(last_error) <= 1000)),
  constraint agent_endpoints_max_concurrency_check CHECK (((max_concurrency >= 1) AND (max_concurrency <= 1000))),
  constraint agent_endpoints_status_check CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text]))),
  constraint agent_endpoints_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint agent_endpoints_timeout_seconds_check CHECK (((timeout_seconds >= 5) AND (timeout_seconds <= 900))),
  constraint agent_endpoints_url_check CHECK (((length(url) >= 1) AND (length(url) <= 2048)))
);
-- Endpoints that may be posted to now
CREATE INDEX agent_endpoints_due ON public.agent_endpoints USING btree (next_at) WHERE (status = 'active'::text);
alter table public.agent_endpoints enable row level security;
comment on table public.agent_endpoints is 'Where steps of agents that are functions are posted to';

create table public.agent_keys (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  agent_id uuid not null,
  key_sha256 text not null,
  hint text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  revoked_at timestamp with time zone,
  issued_by uuid,
  name text not null default 'key'::text,
  scopes text[] not null default '{steps:run,messages:read,messages:write,models:call,artifacts:write,agents:read,agents:write}'::text[],
  expires_at timestamp with time zone,
  rotated_from uuid,
  last_used_at timestamp with time zone,
  revoked_by uuid,
  constraint agent_keys_pkey PRIMARY KEY (id),
  constraint agent_keys_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agent_registry(id) ON DELETE CASCADE,
  constraint agent_keys_key_sha256_key UNIQUE (key_sha256),
  constraint agent_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint agent_keys_rotated_from_fkey FOREIGN KEY (rotated_from) REFERENCES agent_keys(id) ON DELETE SET NULL,
  constraint agent_keys_scopes_check CHECK (((cardinality(scopes) > 0) AND (scopes <@ '{steps:run,messages:read,messages:write,models:call,artifacts:write,agents:read,agents:write}'::text[]))),
  constraint agent_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The keys of an agent
CREATE INDEX agent_keys_agent ON public.agent_keys USING btree (agent_id);
alter table public.agent_keys enable row level security;
comment on table public.agent_keys is 'Keys of agents, as digests: the key itself is shown once and never stored';

create table public.agent_messages (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid,
  step_id uuid,
  to_step uuid,
  channel text not null default 'default'::text,
  seq bigint not null generated always as identity,
  consumed_by uuid,
  type text not null,
  version smallint not null default 1,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  payload jsonb,
  at timestamp with time zone not null default clock_timestamp(),
  sent_as text,
  conversation_id uuid,
  conversation_seq bigint,
  run_seq bigint,
  session_id uuid,
  to_agent uuid,
  sender_type text not null default 'system'::text,
  sender_id text not null default ''::text,
  sender_name text not null default ''::text,
  class text not null default 'standard'::text,
  refs jsonb,
  board_key text,
  sealed bytea,
  content_hash text,
  acknowledged_at timestamp with time zone,
  redacted_at timestamp with time zone,
  redacted_by text,
  redacted_why text,
  redaction_id uuid,
  constraint agent_messages_pkey PRIMARY KEY (id),
  constraint agent_messages_board_key_check CHECK (((length(board_key) >= 1) AND (length(board_key) <= 200))),
  constraint agent_messages_channel_check CHECK (((length(channel) >= 1) AND (length(channel) <= 128))),
  constraint agent_messages_class_check CHECK ((class = ANY (ARRAY['transient'::text, 'standard'::text, 'audit'::text]))),
  constraint agent_messages_content_hash_check CHECK ((content_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint agent_messages_redacted_why_check CHECK ((length(redacted_why) <= 1000)),
  constraint agent_messages_sender_name_check CHECK ((length(sender_name) <= 200)),
  constraint agent_messages_sender_type_check CHECK ((sender_type = ANY (ARRAY['agent'::text, 'member'::text, 'system'::text]))),
  constraint agent_messages_sent_as_check CHECK (((length(sent_as) >= 1) AND (length(sent_as) <= 512))),
  constraint agent_messages_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- What has been kept long enough, by class
CREATE INDEX agent_messages_age ON public.agent_messages USING btree (tenant_id, class, at);
-- What stands under a key of a board
CREATE INDEX agent_messages_board ON public.agent_messages USING btree (conversation_id, board_key, conversation_seq DESC) WHERE (board_key IS NOT NULL);
-- The messages of a conversation in order; no number twice
CREATE UNIQUE INDEX agent_messages_conversation ON public.agent_messages USING btree (conversation_id, conversation_seq) WHERE (conversation_id IS NOT NULL);
-- The next message for a step on a channel
CREATE INDEX agent_messages_mailbox ON public.agent_messages USING btree (to_step, channel, seq) WHERE ((to_step IS NOT NULL) AND (consumed_by IS NULL));
-- What readers of a conversation are told is gone
CREATE INDEX agent_messages_redacted ON public.agent_messages USING btree (conversation_id, redacted_at) WHERE (redacted_at IS NOT NULL);
-- The messages of a run, in order
CREATE INDEX agent_messages_run ON public.agent_messages USING btree (run_id, id);
-- The messages of a run in order; no number twice
CREATE UNIQUE INDEX agent_messages_run_seq ON public.agent_messages USING btree (run_id, run_seq) WHERE (run_seq IS NOT NULL);
-- As agent_messages_sent_once, for senders that hold no step
CREATE UNIQUE INDEX agent_messages_sent_by ON public.agent_messages USING btree (sender_id, sent_as) WHERE ((step_id IS NULL) AND (sent_as IS NOT NULL));
-- A message that is sent again is the first one
CREATE UNIQUE INDEX agent_messages_sent_once ON public.agent_messages USING btree (step_id, sent_as) WHERE (sent_as IS NOT NULL);
alter table public.agent_messages enable row level security;
comment on table public.agent_messages is 'Durable envelopes (Message Schema v1) between agents, or agent and supervisor';

create table public.agent_messages_history (
  id uuid not null,
  tenant_id uuid not null,
  run_id uuid,
  step_id uuid,
  to_step uuid,
  channel text not null,
  seq bigint not null,
  consumed_by uuid,
  type text not null,
  version smallint not null,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  payload jsonb,
  at timestamp with time zone not null,
  sent_as text,
  conversation_id uuid,
  conversation_seq bigint,
  run_seq bigint,
  session_id uuid,
  to_agent uuid,
  sender_type text not null,
  sender_id text not null,
  sender_name text not null,
  class text not null,
  refs jsonb,
  board_key text,
  sealed bytea,
  content_hash text,
  acknowledged_at timestamp with time zone,
  redacted_at timestamp with time zone,
  redacted_by text,
  redacted_why text,
  redaction_id uuid,
  constraint agent_messages_history_pkey PRIMARY KEY (id)
);
-- As agent_messages_age
CREATE INDEX agent_messages_history_age ON public.agent_messages_history USING btree (tenant_id, class, at);
-- As agent_messages_conversation
CREATE INDEX agent_messages_history_conversation ON public.agent_messages_history USING btree (conversation_id, conversation_seq) WHERE (conversation_id IS NOT NULL);
-- The messages of an archived run
CREATE INDEX agent_messages_history_run ON public.agent_messages_history USING btree (run_id);
-- As agent_messages_run_seq
CREATE INDEX agent_messages_history_run_seq ON public.agent_messages_history USING btree (run_id, run_seq) WHERE (run_seq IS NOT NULL);
alter table public.agent_messages_history enable row level security;
comment on table public.agent_messages_history is 'Of runs that have moved to history: as agent_messages';

create table public.agent_outcomes (
  id bigint not null generated always as identity,
  tenant_id uuid not null,
  agent_id uuid not null,
  capability text not null,
  step_id uuid not null,
  succeeded boolean not null,
  error_code text,
  claimed_at timestamp with time zone not null,
  ms double precision not null,
  at timestamp with time zone not null default clock_timestamp(),
  constraint agent_outcomes_pkey PRIMARY KEY (id),
  constraint agent_outcomes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.agent_outcomes enable row level security;
comment on table public.agent_outcomes is 'Attempts of agents that ended and are not in their evidence yet; empty within seconds';

create table public.agent_presence (
  agent_id uuid not null,
  runner text not null,
  tenant_id uuid not null,
  version text,
  runtime text,
  slots integer not null default 1,
  busy integer not null default 0,
  up_since timestamp with time zone not null default clock_timestamp(),
  last_seen_at timestamp with time zone not null default clock_timestamp(),
  constraint agent_presence_pkey PRIMARY KEY (agent_id, runner),
  constraint agent_presence_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agent_registry(id) ON DELETE CASCADE,
  constraint agent_presence_busy_check CHECK (((busy >= 0) AND (busy <= 10000))),
  constraint agent_presence_runner_check CHECK (((length(runner) >= 1) AND (length(runner) <= 200))),
  constraint agent_presence_runtime_check CHECK (((length(runtime) >= 1) AND (length(runtime) <= 200))),
  constraint agent_presence_slots_check CHECK (((slots >= 1) AND (slots <= 10000))),
  constraint agent_presence_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint agent_presence_version_check CHECK (((length(version) >= 1) AND (length(version) <= 64)))
) with (fillfactor=70);
alter table public.agent_presence enable row level security;
comment on table public.agent_presence is 'The processes of agents: when they were last heard of, and how busy they are';

create table public.agent_registry (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  name text not null,
  description text not null default ''::text,
  capabilities text[] not null default '{}'::text[],
  status text not null default 'active'::text,
  last_seen_at timestamp with time zone,
  created_at timestamp with time zone not null default clock_timestamp(),
  owner_user_id uuid,
  team text,
  version text,
  max_concurrency integer,
  tags text[] not null default '{}'::text[],
  status_by text not null default 'person'::text,
  status_reason text,
  status_at timestamp with time zone not null default clock_timestamp(),
  breaker jsonb not null default '{}'::jsonb,
  breaker_enabled boolean not null default true,
  trial_at timestamp with time zone,
  card jsonb,
  card_url text,
  revision integer not null default 1,
  updated_at timestamp with time zone not null default clock_timestamp(),
  words tsvector generated always as (app.agent_words(name, description, capabilities, tags, team)) stored,
  constraint agent_registry_pkey PRIMARY KEY (id),
  constraint agent_registry_card_url_check CHECK (((length(card_url) >= 1) AND (length(card_url) <= 2000))),
  constraint agent_registry_max_concurrency_check CHECK (((max_concurrency >= 1) AND (max_concurrency <= 10000))),
  constraint agent_registry_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint agent_registry_status_by_check CHECK ((status_by = ANY (ARRAY['person'::text, 'breaker'::text]))),
  constraint agent_registry_status_check CHECK ((status = ANY (ARRAY['active'::text, 'draining'::text, 'quarantined'::text, 'retired'::text]))),
  constraint agent_registry_status_reason_check CHECK (((length(status_reason) >= 1) AND (length(status_reason) <= 500))),
  constraint agent_registry_tags_check CHECK ((cardinality(tags) <= 20)),
  constraint agent_registry_team_check CHECK ((team ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint agent_registry_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint agent_registry_tenant_id_name_key UNIQUE (tenant_id, name),
  constraint agent_registry_version_check CHECK (((length(version) >= 1) AND (length(version) <= 64)))
);
-- Who can do this
CREATE INDEX agent_registry_capabilities ON public.agent_registry USING gin (capabilities);
-- The agents of a team
CREATE INDEX agent_registry_team ON public.agent_registry USING btree (tenant_id, team) WHERE (team IS NOT NULL);
-- Search by words
CREATE INDEX agent_registry_words ON public.agent_registry USING gin (words);
CREATE TRIGGER agent_registry_added AFTER INSERT ON public.agent_registry FOR EACH ROW EXECUTE FUNCTION app.sync_agent_capabilities();
CREATE TRIGGER agent_registry_changed AFTER UPDATE OF capabilities ON public.agent_registry FOR EACH ROW WHEN ((old.capabilities IS DISTINCT FROM new.capabilities)) EXECUTE FUNCTION app.sync_agent_capabilities();
CREATE TRIGGER agent_registry_lets_go AFTER UPDATE OF status ON public.agent_registry FOR EACH ROW WHEN (((old.status = 'active'::text) AND (new.status <> 'active'::text))) EXECUTE FUNCTION engine.free_from_inactive();
alter table public.agent_registry enable row level security;
comment on table public.agent_registry is 'Programs that execute steps, with what they can do';

create table public.agent_relationships (
  tenant_id uuid not null,
  from_agent uuid not null,
  to_agent uuid not null,
  kind text not null,
  times bigint not null default 1,
  succeeded bigint not null default 0,
  first_at timestamp with time zone not null default clock_timestamp(),
  last_at timestamp with time zone not null default clock_timestamp(),
  constraint agent_relationships_pkey PRIMARY KEY (tenant_id, from_agent, to_agent, kind),
  constraint agent_relationships_kind_check CHECK ((kind = ANY (ARRAY['delegates'::text, 'reviews'::text]))),
  constraint agent_relationships_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
) with (fillfactor=70);
-- Who gives an agent work, and who judges it
CREATE INDEX agent_relationships_to ON public.agent_relationships USING btree (tenant_id, to_agent);
alter table public.agent_relationships enable row level security;
comment on table public.agent_relationships is 'Which agents delegate to and review each other, and how often it went well';

create table public.agent_sessions (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  parent_session_id uuid,
  depth integer not null,
  asked text not null,
  strategy text not null,
  mode text,
  capability text not null,
  decision_id uuid,
  status text not null default 'running'::text,
  rounds integer not null default 0,
  state jsonb not null,
  revision integer not null default 0,
  quotas jsonb not null,
  deadline_at timestamp with time zone not null,
  region text,
  error jsonb,
  cost_pico numeric(40,0) not null default 0,
  started_at timestamp with time zone not null default clock_timestamp(),
  finished_at timestamp with time zone,
  constraint agent_sessions_pkey PRIMARY KEY (id),
  constraint agent_sessions_asked_check CHECK ((asked = ANY (ARRAY['auto'::text, 'solo'::text, 'pair'::text, 'hierarchical'::text, 'swarm'::text]))),
  constraint agent_sessions_check CHECK (((status = 'running'::text) = (finished_at IS NULL))),
  constraint agent_sessions_depth_check CHECK (((depth >= 0) AND (depth <= 8))),
  constraint agent_sessions_mode_check CHECK ((mode = ANY (ARRAY['best_of_n'::text, 'vote'::text, 'race'::text]))),
  constraint agent_sessions_status_check CHECK ((status = ANY (ARRAY['running'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text]))),
  constraint agent_sessions_step_id_key UNIQUE (step_id),
  constraint agent_sessions_strategy_check CHECK ((strategy = ANY (ARRAY['solo'::text, 'pair'::text, 'hierarchical'::text, 'swarm'::text]))),
  constraint agent_sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
) with (fillfactor=70);
-- Sessions of a tenant, newest first
CREATE INDEX agent_sessions_list ON public.agent_sessions USING btree (tenant_id, id DESC);
-- Sessions below one
CREATE INDEX agent_sessions_parent ON public.agent_sessions USING btree (parent_session_id) WHERE (parent_session_id IS NOT NULL);
-- Sessions of a run, and what moves to the history with it
CREATE INDEX agent_sessions_run ON public.agent_sessions USING btree (run_id, id);
-- Those under way, among the many that are over
CREATE INDEX agent_sessions_running ON public.agent_sessions USING btree (tenant_id, id DESC) WHERE (status = 'running'::text);
alter table public.agent_sessions enable row level security;
comment on table public.agent_sessions is 'Several agents on one piece of work, by a strategy: one row a step of kind session';

create table public.agent_sessions_history (
  id uuid not null,
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  parent_session_id uuid,
  depth integer not null,
  asked text not null,
  strategy text not null,
  mode text,
  capability text not null,
  decision_id uuid,
  status text not null,
  rounds integer not null,
  state jsonb not null,
  revision integer not null,
  quotas jsonb not null,
  deadline_at timestamp with time zone not null,
  region text,
  error jsonb,
  cost_pico numeric(40,0) not null,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint agent_sessions_history_pkey PRIMARY KEY (id)
);
-- As agent_sessions_list
CREATE INDEX agent_sessions_history_list ON public.agent_sessions_history USING btree (tenant_id, id DESC);
-- As agent_sessions_run
CREATE INDEX agent_sessions_history_run ON public.agent_sessions_history USING btree (run_id, id);
alter table public.agent_sessions_history enable row level security;
comment on table public.agent_sessions_history is 'Of runs that have moved to history: as agent_sessions';

create table public.agent_subagents (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid not null,
  session_id uuid,
  node_id uuid not null,
  step_id uuid not null,
  epoch bigint not null,
  agent_id uuid not null,
  parent_agent_id uuid,
  role text not null,
  capability text,
  outcome text not null,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  constraint agent_subagents_pkey PRIMARY KEY (id),
  constraint agent_subagents_step_id_epoch_key UNIQUE (step_id, epoch),
  constraint agent_subagents_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- What an agent did below others
CREATE INDEX agent_subagents_agent ON public.agent_subagents USING btree (tenant_id, agent_id, id DESC);
-- Of a run, and what moves to the history with it
CREATE INDEX agent_subagents_run ON public.agent_subagents USING btree (run_id, id);
alter table public.agent_subagents enable row level security;
comment on table public.agent_subagents is 'Which agents filled a place of the tree, one row an attempt, written when the place is done';

create table public.agent_subagents_history (
  id uuid not null,
  tenant_id uuid not null,
  run_id uuid not null,
  session_id uuid,
  node_id uuid not null,
  step_id uuid not null,
  epoch bigint not null,
  agent_id uuid not null,
  parent_agent_id uuid,
  role text not null,
  capability text,
  outcome text not null,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  constraint agent_subagents_history_pkey PRIMARY KEY (id)
);
-- As agent_subagents_run
CREATE INDEX agent_subagents_history_run ON public.agent_subagents_history USING btree (run_id, id);
alter table public.agent_subagents_history enable row level security;
comment on table public.agent_subagents_history is 'Of runs that have moved to history: as agent_subagents';

create table public.agent_tools (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  name text not null,
  version text not null,
  title text not null,
  description text not null default ''::text,
  input_schema jsonb not null default '{}'::jsonb,
  sensitivity text not null,
  requires_approval boolean not null,
  rule jsonb,
  digest text not null,
  status text not null default 'active'::text,
  created_by uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  retired_at timestamp with time zone,
  constraint agent_tools_pkey PRIMARY KEY (id),
  constraint agent_tools_check CHECK (((status = 'retired'::text) = (retired_at IS NOT NULL))),
  constraint agent_tools_description_check CHECK ((length(description) <= 2000)),
  constraint agent_tools_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint agent_tools_sensitivity_check CHECK ((sensitivity = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text]))),
  constraint agent_tools_status_check CHECK ((status = ANY (ARRAY['active'::text, 'retired'::text]))),
  constraint agent_tools_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint agent_tools_tenant_id_name_version_key UNIQUE (tenant_id, name, version),
  constraint agent_tools_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200))),
  constraint agent_tools_version_check CHECK ((version ~ '^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$'::text))
);
-- The version of a tool that holds now
CREATE UNIQUE INDEX agent_tools_active ON public.agent_tools USING btree (tenant_id, name) WHERE (status = 'active'::text);
alter table public.agent_tools enable row level security;
comment on table public.agent_tools is 'What agents may do to the world: name, version, schema of the arguments, sensitivity';

create table public.agent_versions (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  agent_id uuid not null,
  version text not null,
  runtime text not null,
  concurrency integer not null,
  tasks jsonb not null,
  tasks_sha256 text not null,
  introduced_at timestamp with time zone not null default clock_timestamp(),
  last_at timestamp with time zone not null default clock_timestamp(),
  constraint agent_versions_pkey PRIMARY KEY (id),
  constraint agent_versions_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agent_registry(id) ON DELETE CASCADE,
  constraint agent_versions_agent_id_version_key UNIQUE (agent_id, version),
  constraint agent_versions_concurrency_check CHECK (((concurrency >= 1) AND (concurrency <= 10000))),
  constraint agent_versions_runtime_check CHECK (((length(runtime) >= 1) AND (length(runtime) <= 200))),
  constraint agent_versions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint agent_versions_version_check CHECK (((length(version) >= 1) AND (length(version) <= 64)))
);
-- Versions of an agent, newest first
CREATE INDEX agent_versions_list ON public.agent_versions USING btree (agent_id, last_at DESC);
alter table public.agent_versions enable row level security;
comment on table public.agent_versions is 'Versions of the code of an agent, each with the tasks that it introduced';

create table public.approval_comments (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  approval_id uuid not null,
  member_user_id uuid not null,
  member_name text not null,
  text text not null,
  at timestamp with time zone not null default clock_timestamp(),
  constraint approval_comments_pkey PRIMARY KEY (id),
  constraint approval_comments_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES approvals(id) ON DELETE CASCADE,
  constraint approval_comments_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint approval_comments_text_check CHECK (((length(text) >= 1) AND (length(text) <= 4000)))
);
-- The talk about a question, in its order
CREATE INDEX approval_comments_of ON public.approval_comments USING btree (approval_id, id);
alter table public.approval_comments enable row level security;
comment on table public.approval_comments is 'What people said about a question; it decides nothing';

create table public.approval_decisions (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  approval_id uuid not null,
  member_user_id uuid not null,
  member_name text not null,
  decision text not null,
  reason text,
  at timestamp with time zone not null default clock_timestamp(),
  delegated_for uuid,
  delegated_for_name text,
  groups text[] not null default '{}'::text[],
  arguments_digest text not null default ''::text,
  arguments jsonb,
  batch boolean not null default false,
  via text,
  behind uuid[] not null default '{}'::uuid[],
  constraint approval_decisions_pkey PRIMARY KEY (id),
  constraint approval_decisions_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES approvals(id) ON DELETE CASCADE,
  constraint approval_decisions_decision_check CHECK ((decision = ANY (ARRAY['approve'::text, 'approve_with_changes'::text, 'reject'::text]))),
  constraint approval_decisions_once UNIQUE (approval_id, member_user_id, arguments_digest),
  constraint approval_decisions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint approval_decisions_via_check CHECK ((length(via) <= 200))
);
-- How much somebody decided in batches of late
CREATE INDEX approval_decisions_batch ON public.approval_decisions USING btree (tenant_id, member_user_id, at) WHERE batch;
-- One vote counts for a person, whoever cast it
CREATE UNIQUE INDEX approval_decisions_counted ON public.approval_decisions USING btree (approval_id, COALESCE(delegated_for, member_user_id), arguments_digest);
alter table public.approval_decisions enable row level security;
comment on table public.approval_decisions is 'Append-only: who decided what, when and why';

create table public.approval_delegations (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  from_user_id uuid not null,
  from_name text not null,
  to_user_id uuid not null,
  to_name text not null,
  reason text not null,
  starts_at timestamp with time zone not null default clock_timestamp(),
  ends_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint approval_delegations_pkey PRIMARY KEY (id),
  constraint approval_delegations_check CHECK ((from_user_id <> to_user_id)),
  constraint approval_delegations_check1 CHECK (((ends_at > starts_at) AND (ends_at <= (starts_at + '90 days'::interval)))),
  constraint approval_delegations_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint approval_delegations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- Delegations, newest first
CREATE INDEX approval_delegations_list ON public.approval_delegations USING btree (tenant_id, id DESC);
-- In whose stead somebody votes now
CREATE INDEX approval_delegations_to ON public.approval_delegations USING btree (tenant_id, to_user_id, ends_at) WHERE (revoked_at IS NULL);
alter table public.approval_delegations enable row level security;
comment on table public.approval_delegations is 'For a time somebody else votes in somebody''s stead: counted as theirs, shown as both';

create table public.approval_grants (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  approval_id uuid not null,
  run_id uuid,
  step_id uuid,
  tool text,
  tool_version text,
  arguments_digest text not null,
  granted_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  consumed_at timestamp with time zone,
  constraint approval_grants_pkey PRIMARY KEY (id),
  constraint approval_grants_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES approvals(id) ON DELETE CASCADE,
  constraint approval_grants_approval_id_key UNIQUE (approval_id),
  constraint approval_grants_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The unused grants of a step
CREATE INDEX approval_grants_open ON public.approval_grants USING btree (step_id) WHERE (consumed_at IS NULL);
alter table public.approval_grants enable row level security;
comment on table public.approval_grants is 'What a yes gives: one use, of exactly these arguments, by this step, with this version of the tool';

create table public.approval_group_members (
  group_id uuid not null,
  user_id uuid not null,
  tenant_id uuid not null,
  added_by uuid not null,
  added_at timestamp with time zone not null default clock_timestamp(),
  constraint approval_group_members_pkey PRIMARY KEY (group_id, user_id),
  constraint approval_group_members_group_id_fkey FOREIGN KEY (group_id) REFERENCES approval_groups(id) ON DELETE CASCADE,
  constraint approval_group_members_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The groups of a person
CREATE INDEX approval_group_members_user ON public.approval_group_members USING btree (tenant_id, user_id);
alter table public.approval_group_members enable row level security;
comment on table public.approval_group_members is 'Who is in a group of approvers';

create table public.approval_groups (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  name text not null,
  description text not null default ''::text,
  changed_at timestamp with time zone not null default clock_timestamp(),
  constraint approval_groups_pkey PRIMARY KEY (id),
  constraint approval_groups_description_check CHECK ((length(description) <= 2000)),
  constraint approval_groups_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint approval_groups_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint approval_groups_tenant_id_name_key UNIQUE (tenant_id, name)
);
alter table public.approval_groups enable row level security;
comment on table public.approval_groups is 'Groups of approvers, named by the rules of approvals';

create table public.approval_rules (
  tenant_id uuid not null,
  subject text not null,
  risk text not null,
  rule jsonb not null,
  changed_by uuid not null,
  changed_at timestamp with time zone not null default clock_timestamp(),
  constraint approval_rules_pkey PRIMARY KEY (tenant_id, subject, risk),
  constraint approval_rules_risk_check CHECK (((length(risk) >= 1) AND (length(risk) <= 64))),
  constraint approval_rules_subject_check CHECK ((subject = ANY (ARRAY['*'::text, 'plan'::text, 'plan_step'::text, 'step'::text, 'tool'::text, 'override'::text, 'budget'::text, 'redaction'::text]))),
  constraint approval_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.approval_rules enable row level security;
comment on table public.approval_rules is 'Quorum and groups by subject and risk; the most exact row holds';

create table public.approvals (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  subject text not null,
  plan_id uuid,
  plan_step_id uuid,
  run_id uuid,
  step_id uuid,
  name text not null default ''::text,
  title text not null,
  question text not null,
  why text not null,
  arguments jsonb not null,
  arguments_digest text not null,
  status text not null default 'pending'::text,
  requested_by_type text not null,
  requested_by text not null,
  requested_by_name text not null,
  requester_user_id uuid,
  requested_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  decided_at timestamp with time zone,
  correlation_id uuid not null,
  rule jsonb not null default '{}'::jsonb,
  risk text,
  tool text,
  tool_version text,
  target text,
  principals jsonb not null default '[]'::jsonb,
  root_run_id uuid,
  version integer not null default 1,
  arguments_schema jsonb,
  edited_arguments jsonb,
  edited_digest text,
  remind_at timestamp with time zone,
  escalate_at timestamp with time zone,
  reminded_at timestamp with time zone,
  escalated_at timestamp with time zone,
  override_id uuid,
  budget_id uuid,
  redaction_id uuid,
  hierarchy jsonb,
  message_id uuid,
  constraint approvals_pkey PRIMARY KEY (id),
  constraint approvals_about CHECK (
CASE subject
    WHEN 'plan'::text THEN (plan_id IS NOT NULL)
    WHEN 'plan_step'::text THEN ((plan_step_id IS NOT NULL) OR (step_id IS NOT NULL))
    WHEN 'override'::text THEN (override_id IS NOT NULL)
    WHEN 'tool'::text THEN ((step_id IS NOT NULL) AND (tool IS NOT NULL))
    WHEN 'budget'::text THEN (budget_id IS NOT NULL)
    WHEN 'redaction'::text THEN (redaction_id IS NOT NULL)
    ELSE (step_id IS NOT NULL)
END),
  constraint approvals_budget_id_fkey FOREIGN KEY (budget_id) REFERENCES budgets(id) ON DELETE CASCADE,
  constraint approvals_check CHECK (((status = 'pending'::text) = (decided_at IS NULL))),
  constraint approvals_edited CHECK (((edited_arguments IS NULL) = (edited_digest IS NULL))),
  constraint approvals_no_longer CHECK ((expires_at <= (requested_at + '30 days 00:01:00'::interval))),
  constraint approvals_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans(id) ON DELETE CASCADE,
  constraint approvals_plan_step_id_fkey FOREIGN KEY (plan_step_id) REFERENCES plan_steps(id) ON DELETE CASCADE,
  constraint approvals_redaction_id_fkey FOREIGN KEY (redaction_id) REFERENCES redactions(id) ON DELETE CASCADE,
  constraint approvals_risk_check CHECK ((length(risk) <= 64)),
  constraint approvals_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text, 'expired'::text, 'cancelled'::text, 'superseded'::text]))),
  constraint approvals_subject_check CHECK ((subject = ANY (ARRAY['plan'::text, 'plan_step'::text, 'step'::text, 'tool'::text, 'override'::text, 'budget'::text, 'redaction'::text]))),
  constraint approvals_target_check CHECK ((length(target) <= 500)),
  constraint approvals_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The questions about a budget
CREATE INDEX approvals_budget ON public.approvals USING btree (budget_id) WHERE (budget_id IS NOT NULL);
-- Questions whose escalation is due, for the sweep
CREATE INDEX approvals_escalate ON public.approvals USING btree (escalate_at) WHERE ((status = 'pending'::text) AND (escalated_at IS NULL));
-- Questions that have expired, for the sweep
CREATE INDEX approvals_expiry ON public.approvals USING btree (expires_at) WHERE (status = 'pending'::text);
-- A tenant's questions, newest first
CREATE INDEX approvals_list ON public.approvals USING btree (tenant_id, id DESC);
-- The question of an escalation
CREATE INDEX approvals_message ON public.approvals USING btree (message_id) WHERE (message_id IS NOT NULL);
-- A tenant's open questions, the next to expire first
CREATE INDEX approvals_pending ON public.approvals USING btree (tenant_id, expires_at, id) WHERE (status = 'pending'::text);
-- The questions about a plan
CREATE INDEX approvals_plan ON public.approvals USING btree (plan_id) WHERE (plan_id IS NOT NULL);
-- The questions about a step of a plan
CREATE INDEX approvals_plan_step ON public.approvals USING btree (plan_step_id) WHERE (plan_step_id IS NOT NULL);
-- The question about a redaction
CREATE INDEX approvals_redaction ON public.approvals USING btree (redaction_id) WHERE (redaction_id IS NOT NULL);
-- Questions whose reminder is due, for the sweep
CREATE INDEX approvals_remind ON public.approvals USING btree (remind_at) WHERE ((status = 'pending'::text) AND (reminded_at IS NULL));
-- The open questions under a root run
CREATE INDEX approvals_root_run ON public.approvals USING btree (root_run_id) WHERE ((status = 'pending'::text) AND (root_run_id IS NOT NULL));
-- The questions of a run, for its page and its archive
CREATE INDEX approvals_run ON public.approvals USING btree (run_id) WHERE (run_id IS NOT NULL);
-- A step that asks the same again is told the same question
CREATE UNIQUE INDEX approvals_step_question ON public.approvals USING btree (step_id, name, arguments_digest) WHERE (subject = 'step'::text);
-- A step that asks the same of a tool again is told the same question
CREATE UNIQUE INDEX approvals_tool_question ON public.approvals USING btree (step_id, name, arguments_digest) WHERE ((subject = 'tool'::text) AND (status = 'pending'::text));
CREATE CONSTRAINT TRIGGER approvals_audit AFTER INSERT ON public.approvals DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((((new.subject = ANY (ARRAY['step'::text, 'tool'::text])) AND (NOT ((new.name = 'accept_loss'::text) AND (new.requested_by_type = 'member'::text)))) OR ((new.subject = 'plan_step'::text) AND (new.step_id IS NOT NULL)))) EXECUTE FUNCTION app.audit_question();
CREATE TRIGGER approvals_audit_unvoted AFTER UPDATE ON public.approvals REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION app.audit_unvoted();
CREATE TRIGGER approvals_place BEFORE INSERT OR UPDATE OF step_id ON public.approvals FOR EACH ROW EXECUTE FUNCTION engine.place_approval();
CREATE TRIGGER approvals_prepare BEFORE INSERT OR UPDATE ON public.approvals FOR EACH ROW EXECUTE FUNCTION engine.prepare_approval();
alter table public.approvals enable row level security;
comment on table public.approvals is 'Questions to people, bound to the exact action by a digest; answered by approval_decisions';

create table public.artifacts (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  epoch bigint not null,
  name text not null,
  content_type text not null,
  size bigint not null,
  sha256 text not null,
  path text not null,
  stored_at timestamp with time zone,
  created_at timestamp with time zone not null default clock_timestamp(),
  redacted_at timestamp with time zone,
  constraint artifacts_pkey PRIMARY KEY (id),
  constraint artifacts_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255))),
  constraint artifacts_path_key UNIQUE (path),
  constraint artifacts_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint artifacts_size_check CHECK ((size >= 0)),
  constraint artifacts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The artifacts of a run
CREATE INDEX artifacts_run ON public.artifacts USING btree (run_id, id);
-- The artifact of a step by its name; stored once
CREATE UNIQUE INDEX artifacts_stored ON public.artifacts USING btree (step_id, name) WHERE (stored_at IS NOT NULL);
alter table public.artifacts enable row level security;
comment on table public.artifacts is 'Files that steps made; the bytes are in storage under path, reached by signed URLs';

create table public.artifacts_history (
  id uuid not null,
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  epoch bigint not null,
  name text not null,
  content_type text not null,
  size bigint not null,
  sha256 text not null,
  path text not null,
  stored_at timestamp with time zone,
  created_at timestamp with time zone not null,
  redacted_at timestamp with time zone,
  constraint artifacts_history_pkey PRIMARY KEY (id)
);
-- The artifacts of an archived run
CREATE INDEX artifacts_history_run ON public.artifacts_history USING btree (run_id);
-- The artifacts of an archived step
CREATE INDEX artifacts_history_step ON public.artifacts_history USING btree (step_id);
alter table public.artifacts_history enable row level security;
comment on table public.artifacts_history is 'Of runs that have moved to history: as artifacts';

create table public.attempts (
  step_id uuid not null,
  epoch bigint not null,
  tenant_id uuid not null,
  run_id uuid not null,
  executor text not null,
  claimed_at timestamp with time zone not null default clock_timestamp(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  outcome text,
  error_code text,
  error_message text,
  worker_version text,
  refused_at timestamp with time zone,
  refused_outcome text,
  constraint attempts_pkey PRIMARY KEY (step_id, epoch),
  constraint attempts_valid CHECK (engine.is_attempt(outcome, finished_at))
) with (fillfactor=60, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=50000, autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=200000, autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=2000);
CREATE TRIGGER attempts_of_agents AFTER UPDATE OF outcome ON public.attempts FOR EACH ROW WHEN (((length(new.executor) = 36) AND (old.outcome IS NULL) AND (new.outcome = ANY ('{succeeded,failed,lost}'::text[])) AND (new.executor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'::text) AND (COALESCE(new.error_code, ''::text) <> ALL ('{approval_rejected,approval_expired,dependency_failed,wait_timed_out}'::text[])))) EXECUTE FUNCTION engine.note_agent_outcome();
alter table public.attempts enable row level security;
comment on table public.attempts is 'One row a claim: who executed the step, when, and how it ended';

create table public.attempts_history (
  step_id uuid not null,
  epoch bigint not null,
  tenant_id uuid not null,
  run_id uuid not null,
  executor text not null,
  claimed_at timestamp with time zone not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  outcome text,
  error_code text,
  error_message text,
  worker_version text,
  refused_at timestamp with time zone,
  refused_outcome text,
  constraint attempts_history_pkey PRIMARY KEY (step_id, epoch)
);
alter table public.attempts_history enable row level security;
comment on table public.attempts_history is 'Of runs that have moved to history: as attempts';

create table public.audit_digest_requests (
  tenant_id uuid not null,
  at timestamp with time zone not null default clock_timestamp(),
  constraint audit_digest_requests_pkey PRIMARY KEY (tenant_id),
  constraint audit_digest_requests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.audit_digest_requests enable row level security;
comment on table public.audit_digest_requests is 'When a tenant last asked for a digest out of turn';

create table public.audit_digests (
  tenant_id uuid not null,
  n bigint not null,
  from_seq bigint not null,
  to_seq bigint not null,
  count bigint not null,
  head_hash text not null,
  previous_signature text not null,
  at timestamp with time zone not null,
  kid text not null,
  signature text not null,
  shipped_at timestamp with time zone,
  constraint audit_digests_pkey PRIMARY KEY (tenant_id, n),
  constraint audit_digests_check CHECK (((count = ((to_seq - from_seq) + 1)) AND (count >= 0))),
  constraint audit_digests_check1 CHECK (((n = 1) = (previous_signature = ''::text))),
  constraint audit_digests_from_seq_check CHECK ((from_seq > 0)),
  constraint audit_digests_head_hash_check CHECK ((head_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint audit_digests_kid_check CHECK ((kid ~ '^[0-9a-f]{16}$'::text)),
  constraint audit_digests_n_check CHECK ((n > 0)),
  constraint audit_digests_signature_check CHECK ((signature ~ '^[A-Za-z0-9_-]{86}$'::text)),
  constraint audit_digests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- An export finds the digests of its range
CREATE INDEX audit_digests_by_seq ON public.audit_digests USING btree (tenant_id, to_seq);
-- What is still to be copied to storage, oldest first
CREATE INDEX audit_digests_unshipped ON public.audit_digests USING btree (at) WHERE (shipped_at IS NULL);
alter table public.audit_digests enable row level security;
comment on table public.audit_digests is 'Append-only: how far each audit chain had come, signed by a key outside the database';

create table public.audit_heads (
  tenant_id uuid not null,
  seq bigint not null,
  hash text not null,
  constraint audit_heads_pkey PRIMARY KEY (tenant_id),
  constraint audit_heads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.audit_heads enable row level security;
comment on table public.audit_heads is 'The newest audit entry of each tenant; its row lock keeps the chain from forking';

create table public.audit_log (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  seq bigint not null,
  prev_hash text not null,
  hash text not null,
  verb text not null,
  actor_type text not null,
  actor_id text not null,
  body text not null,
  at timestamp with time zone not null,
  constraint audit_log_pkey PRIMARY KEY (tenant_id, seq),
  constraint audit_log_actor_type_check CHECK ((actor_type = ANY (ARRAY['member'::text, 'agent'::text, 'worker'::text, 'system'::text]))),
  constraint audit_log_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.audit_log enable row level security;
comment on table public.audit_log is 'Decisions, hash-chained per tenant; body is the exact text that was hashed';

create table public.audit_snapshots (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  plan_id uuid not null,
  kind text not null,
  digest text not null,
  size integer not null,
  body text,
  at timestamp with time zone not null default clock_timestamp(),
  stored_at timestamp with time zone,
  constraint audit_snapshots_pkey PRIMARY KEY (id),
  constraint audit_snapshots_check CHECK (((body IS NOT NULL) OR (stored_at IS NOT NULL))),
  constraint audit_snapshots_kind_check CHECK ((kind = ANY (ARRAY['judged'::text, 'decided'::text, 'overridden'::text, 'executed'::text]))),
  constraint audit_snapshots_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans(id) ON DELETE CASCADE,
  constraint audit_snapshots_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The text behind an entry of the audit log
CREATE INDEX audit_snapshots_by_digest ON public.audit_snapshots USING btree (tenant_id, digest);
-- What was kept of a plan, oldest first
CREATE INDEX audit_snapshots_by_plan ON public.audit_snapshots USING btree (plan_id, id);
-- What is still to be moved to storage, oldest first
CREATE INDEX audit_snapshots_unstored ON public.audit_snapshots USING btree (id) WHERE (stored_at IS NULL);
alter table public.audit_snapshots enable row level security;
comment on table public.audit_snapshots is 'What was decided on: digests of texts that lie in storage, or are on their way there';

create table public.backlog_items (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  pack_id uuid not null,
  key text not null,
  title text not null,
  description text,
  kind text,
  type text,
  arguments jsonb,
  needs text[] not null default '{}'::text[],
  priority smallint not null,
  labels text[] not null default '{}'::text[],
  risk text[] not null default '{}'::text[],
  sensitive boolean not null default false,
  owner text,
  undo jsonb,
  pivot boolean not null default false,
  max_failures integer not null default 3,
  deadline_seconds integer not null default 86400,
  "position" integer not null,
  digest text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp(),
  lags jsonb not null default '{}'::jsonb,
  resources text[] not null default '{}'::text[],
  estimate_minutes double precision,
  constraint backlog_items_pkey PRIMARY KEY (id),
  constraint backlog_items_deadline_seconds_check CHECK (((deadline_seconds >= 1) AND (deadline_seconds <= 2592000))),
  constraint backlog_items_estimate_minutes_check CHECK (((estimate_minutes > (0)::double precision) AND (estimate_minutes <= (525600)::double precision))),
  constraint backlog_items_max_failures_check CHECK (((max_failures >= 1) AND (max_failures <= 20))),
  constraint backlog_items_pack_id_fkey FOREIGN KEY (pack_id) REFERENCES packs(id) ON DELETE CASCADE,
  constraint backlog_items_pack_id_key_key UNIQUE (pack_id, key),
  constraint backlog_items_priority_check CHECK (((priority >= 1) AND (priority <= 5))),
  constraint backlog_items_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The items of a pack in their order
CREATE INDEX backlog_items_list ON public.backlog_items USING btree (tenant_id, pack_id, "position", id);
alter table public.backlog_items enable row level security;
comment on table public.backlog_items is 'Pieces of wanted work: kind + arguments (the document''s "with"), or a type that plan_rules expand';

create table public.budget_counters (
  budget_id uuid not null,
  subject text not null,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone,
  tenant_id uuid not null,
  used numeric(40,0) not null default 0,
  reserved numeric(40,0) not null default 0,
  extra numeric(40,0) not null default 0,
  overrun numeric(40,0) not null default 0,
  tokens numeric(40,6),
  refilled_at timestamp with time zone,
  refusals integer not null default 0,
  exhausted_at timestamp with time zone,
  approval_id uuid,
  changed_at timestamp with time zone not null default clock_timestamp(),
  forget_at timestamp with time zone,
  constraint budget_counters_pkey PRIMARY KEY (budget_id, subject, starts_at),
  constraint budget_counters_budget_id_fkey FOREIGN KEY (budget_id) REFERENCES budgets(id) ON DELETE CASCADE,
  constraint budget_counters_reserved_check CHECK ((reserved >= (0)::numeric)),
  constraint budget_counters_used_check CHECK ((used >= (0)::numeric))
) with (fillfactor=50);
-- What a question to people is about
CREATE INDEX budget_counters_approval ON public.budget_counters USING btree (approval_id) WHERE (approval_id IS NOT NULL);
-- Old windows, for the sweep
CREATE INDEX budget_counters_forget ON public.budget_counters USING btree (forget_at) WHERE (forget_at IS NOT NULL);
alter table public.budget_counters enable row level security;
comment on table public.budget_counters is 'How much of a budget is used and reserved, by subject and window; those of windows that are over are its history';

create table public.budget_reservations (
  id uuid not null,
  tenant_id uuid not null,
  request_key text not null,
  run_id uuid,
  step_id uuid,
  agent_id uuid,
  model text,
  amounts jsonb not null,
  holds app.budget_hold[] not null,
  state text not null default 'open'::text,
  actual jsonb,
  overrun jsonb,
  late boolean not null default false,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint budget_reservations_pkey PRIMARY KEY (id),
  constraint budget_reservations_check CHECK (((state = 'open'::text) = (ended_at IS NULL))),
  constraint budget_reservations_check1 CHECK (((state = 'settled'::text) = (actual IS NOT NULL))),
  constraint budget_reservations_request_key_check CHECK (((length(request_key) >= 1) AND (length(request_key) <= 200))),
  constraint budget_reservations_state_check CHECK ((state = ANY (ARRAY['open'::text, 'settled'::text, 'released'::text, 'expired'::text]))),
  constraint budget_reservations_tenant_id_request_key_key UNIQUE (tenant_id, request_key)
);
-- What can be forgotten, for the sweep
CREATE INDEX budget_reservations_ended ON public.budget_reservations USING btree (ended_at) WHERE (state <> 'open'::text);
-- Leases that have run out, for the sweep and for whoever needs the room
CREATE INDEX budget_reservations_open ON public.budget_reservations USING btree (expires_at, tenant_id) WHERE (state = 'open'::text);
alter table public.budget_reservations enable row level security;
comment on table public.budget_reservations is 'What is set aside for something that is under way, until it is settled or its lease ends';

create table public.budgets (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  name text not null,
  note text not null default ''::text,
  scope text not null,
  subject text,
  model text,
  measure text not null,
  kind text not null,
  "window" text not null,
  "limit" numeric(40,0) not null,
  per_seconds integer,
  burst integer,
  outcome text not null,
  extra numeric(40,0) not null default 0,
  enabled boolean not null default true,
  version integer not null default 1,
  created_by uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  changed_by uuid not null,
  changed_at timestamp with time zone not null default clock_timestamp(),
  removed_at timestamp with time zone,
  session_id uuid,
  constraint budgets_pkey PRIMARY KEY (id),
  constraint budgets_burst_check CHECK (((burst >= 1) AND (burst <= 2000000000))),
  constraint budgets_check CHECK ((((kind = 'rate'::text) = ("window" = 'rate'::text)) AND ((kind = 'rate'::text) = (per_seconds IS NOT NULL)) AND ((kind = 'rate'::text) = (burst IS NOT NULL)))),
  constraint budgets_check1 CHECK (((kind = 'cap'::text) OR ((measure = ANY (ARRAY['calls'::text, 'tokens'::text])) AND (outcome = 'stop'::text) AND (("limit" >= (1)::numeric) AND ("limit" <= (2000000000)::numeric))))),
  constraint budgets_check2 CHECK (((scope <> 'tenant'::text) OR (subject IS NULL))),
  constraint budgets_check3 CHECK (((scope <> 'model'::text) OR (model IS NULL))),
  constraint budgets_check4 CHECK (((measure <> 'depth'::text) OR ("window" = 'total'::text))),
  constraint budgets_check5 CHECK (((outcome = ANY (ARRAY['ask'::text, 'wrap_up'::text])) OR (extra = (0)::numeric))),
  constraint budgets_extra_check CHECK ((extra >= (0)::numeric)),
  constraint budgets_kind_check CHECK ((kind = ANY (ARRAY['cap'::text, 'rate'::text]))),
  constraint budgets_limit_check CHECK (("limit" >= (0)::numeric)),
  constraint budgets_measure_check CHECK ((measure = ANY (ARRAY['usd'::text, 'tokens'::text, 'calls'::text, 'agents'::text, 'fan_out'::text, 'depth'::text]))),
  constraint budgets_model_check CHECK (((length(model) >= 1) AND (length(model) <= 300))),
  constraint budgets_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint budgets_note_check CHECK ((length(note) <= 500)),
  constraint budgets_outcome_check CHECK ((outcome = ANY (ARRAY['stop'::text, 'degrade'::text, 'ask'::text, 'wrap_up'::text]))),
  constraint budgets_per_seconds_check CHECK (((per_seconds >= 1) AND (per_seconds <= 86400))),
  constraint budgets_scope_check CHECK ((scope = ANY (ARRAY['step'::text, 'run'::text, 'agent'::text, 'team'::text, 'tenant'::text, 'model'::text]))),
  constraint budgets_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 300))),
  constraint budgets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint budgets_window_check CHECK (("window" = ANY (ARRAY['minute'::text, 'hour'::text, 'day'::text, 'month'::text, 'total'::text, 'at_once'::text, 'rate'::text])))
);
-- What a reservation is judged by
CREATE INDEX budgets_in_force ON public.budgets USING btree (tenant_id) WHERE ((removed_at IS NULL) AND enabled AND (session_id IS NULL));
-- Quotas of sessions that are over, for the sweep
CREATE INDEX budgets_left ON public.budgets USING btree (removed_at) WHERE ((session_id IS NOT NULL) AND (removed_at IS NOT NULL));
-- A budget by its name
CREATE UNIQUE INDEX budgets_name ON public.budgets USING btree (tenant_id, name) WHERE (removed_at IS NULL);
-- The quotas of sessions above a step
CREATE INDEX budgets_of_sessions ON public.budgets USING btree (tenant_id, subject) WHERE ((removed_at IS NULL) AND enabled AND (session_id IS NOT NULL));
-- The quotas of a session, which end with it
CREATE INDEX budgets_session ON public.budgets USING btree (session_id) WHERE (session_id IS NOT NULL);
alter table public.budgets enable row level security;
comment on table public.budgets is 'What may be spent, used and begun: of whom, in which time, and what follows where it is not enough';

create table public.channel_rules (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  agent_id uuid,
  channel text not null,
  type_prefix text not null default ''::text,
  verb text not null,
  effect text not null,
  created_by text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint channel_rules_pkey PRIMARY KEY (id),
  constraint channel_rules_channel_check CHECK (((length(channel) >= 1) AND (length(channel) <= 130))),
  constraint channel_rules_effect_check CHECK ((effect = ANY (ARRAY['allow'::text, 'deny'::text]))),
  constraint channel_rules_tenant_id_agent_id_channel_type_prefix_verb_key UNIQUE NULLS NOT DISTINCT (tenant_id, agent_id, channel, type_prefix, verb),
  constraint channel_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint channel_rules_type_prefix_check CHECK ((length(type_prefix) <= 128)),
  constraint channel_rules_verb_check CHECK ((verb = ANY (ARRAY['send'::text, 'read'::text])))
);
alter table public.channel_rules enable row level security;
comment on table public.channel_rules is 'Who may send and read in which channels; the most exact row decides';

create table public.checkpoints (
  step_id uuid not null,
  name text not null,
  tenant_id uuid not null,
  value jsonb not null,
  epoch bigint not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint checkpoints_pkey PRIMARY KEY (step_id, name),
  constraint checkpoints_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);
alter table public.checkpoints enable row level security;
comment on table public.checkpoints is 'Named, stored results inside a step; a retried step does not redo them';

create table public.checkpoints_history (
  step_id uuid not null,
  name text not null,
  tenant_id uuid not null,
  value jsonb not null,
  epoch bigint not null,
  created_at timestamp with time zone not null,
  constraint checkpoints_history_pkey PRIMARY KEY (step_id, name)
);
alter table public.checkpoints_history enable row level security;
comment on table public.checkpoints_history is 'Of runs that have moved to history: as checkpoints';

create table public.claim_rules (
  id uuid not null default app.uuid7(),
  tenant_id uuid,
  by_plane boolean not null default false,
  queue text,
  type text,
  agent uuid,
  max_running integer,
  max_queued integer,
  rate integer,
  per_seconds integer,
  burst integer,
  tokens numeric(20,6),
  refilled_at timestamp with time zone,
  paused_at timestamp with time zone,
  paused_reason text,
  paused_by text,
  weight smallint not null default 1,
  reserved integer not null default 0,
  reserved_by xid8,
  created_by text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  version integer not null default 1,
  constraint claim_rules_pkey PRIMARY KEY (id),
  constraint claim_rules_agent_fkey FOREIGN KEY (agent) REFERENCES agent_registry(id) ON DELETE CASCADE,
  constraint claim_rules_burst_check CHECK (((burst >= 1) AND (burst <= 1000000))),
  constraint claim_rules_check CHECK ((by_plane OR (tenant_id IS NOT NULL))),
  constraint claim_rules_check1 CHECK (((agent IS NULL) OR (tenant_id IS NOT NULL))),
  constraint claim_rules_check2 CHECK ((((rate IS NULL) = (per_seconds IS NULL)) AND ((rate IS NULL) = (burst IS NULL)) AND ((rate IS NULL) = (tokens IS NULL)) AND ((rate IS NULL) = (refilled_at IS NULL)))),
  constraint claim_rules_check3 CHECK ((((paused_at IS NULL) = (paused_reason IS NULL)) AND ((paused_at IS NULL) = (paused_by IS NULL)))),
  constraint claim_rules_check4 CHECK (((max_queued IS NULL) OR ((type IS NULL) AND (agent IS NULL)))),
  constraint claim_rules_check5 CHECK (((weight = 1) OR (by_plane AND (tenant_id IS NOT NULL) AND (queue IS NULL) AND (type IS NULL) AND (agent IS NULL)))),
  constraint claim_rules_max_queued_check CHECK ((max_queued > 0)),
  constraint claim_rules_max_running_check CHECK ((max_running > 0)),
  constraint claim_rules_paused_reason_check CHECK (((length(paused_reason) >= 1) AND (length(paused_reason) <= 500))),
  constraint claim_rules_per_seconds_check CHECK (((per_seconds >= 1) AND (per_seconds <= 86400))),
  constraint claim_rules_queue_check CHECK ((queue ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint claim_rules_rate_check CHECK (((rate >= 1) AND (rate <= 1000000))),
  constraint claim_rules_tenant_id_by_plane_queue_type_agent_key UNIQUE NULLS NOT DISTINCT (tenant_id, by_plane, queue, type, agent),
  constraint claim_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint claim_rules_type_check CHECK ((type ~ '^[a-z0-9][a-z0-9._-]{0,63}\*?$'::text)),
  constraint claim_rules_weight_check CHECK (((weight >= 1) AND (weight <= 100)))
) with (fillfactor=50);
-- The rules of an agent go with it
CREATE INDEX claim_rules_agent ON public.claim_rules USING btree (agent) WHERE (agent IS NOT NULL);
alter table public.claim_rules enable row level security;
comment on table public.claim_rules is 'Pauses, limits, rates, ceilings and weights: what binds claims and admissions, one row a scope';

create table public.compensations (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  name text not null default ''::text,
  kind text not null,
  kind_version smallint not null default 1,
  arguments jsonb not null,
  seq bigint not null generated always as identity,
  epoch bigint not null,
  status text not null default 'registered'::text,
  undo_step uuid,
  evidence text,
  resolved_by text,
  registered_at timestamp with time zone not null default clock_timestamp(),
  ended_at timestamp with time zone,
  constraint compensations_pkey PRIMARY KEY (id),
  constraint compensations_status_check CHECK ((status = ANY (ARRAY['registered'::text, 'undoing'::text, 'undone'::text, 'failed'::text, 'accepted'::text]))),
  constraint compensations_step_id_name_key UNIQUE (step_id, name),
  constraint compensations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- What a run's undoing has to do, in the order of registration
CREATE INDEX compensations_run ON public.compensations USING btree (run_id, seq);
-- The compensation that a step carries out; one each
CREATE UNIQUE INDEX compensations_undo_step ON public.compensations USING btree (undo_step) WHERE (undo_step IS NOT NULL);
alter table public.compensations enable row level security;
comment on table public.compensations is 'The undo register: one row an effect that can be taken back, and what became of that';

create table public.compensations_history (
  id uuid not null,
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  name text not null,
  kind text not null,
  kind_version smallint not null,
  arguments jsonb not null,
  seq bigint not null,
  epoch bigint not null,
  status text not null,
  undo_step uuid,
  evidence text,
  resolved_by text,
  registered_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint compensations_history_pkey PRIMARY KEY (id)
);
-- As compensations_run
CREATE INDEX compensations_history_run ON public.compensations_history USING btree (run_id, seq);
-- The compensation of an archived step
CREATE INDEX compensations_history_step ON public.compensations_history USING btree (step_id);
alter table public.compensations_history enable row level security;
comment on table public.compensations_history is 'Of runs that have moved to history: as compensations';

create table public.content_keys (
  id uuid not null,
  tenant_id uuid not null,
  item text not null,
  wrapped bytea,
  kek text,
  created_at timestamp with time zone not null default clock_timestamp(),
  destroyed_at timestamp with time zone,
  constraint content_keys_pkey PRIMARY KEY (id),
  constraint content_keys_check CHECK (((wrapped IS NULL) = (destroyed_at IS NOT NULL))),
  constraint content_keys_item_check CHECK ((item = ANY (ARRAY['message'::text, 'transcript'::text, 'redaction'::text]))),
  constraint content_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- What is still under an older KEK
CREATE INDEX content_keys_kek ON public.content_keys USING btree (kek, id) WHERE ((kek IS NOT NULL) AND (wrapped IS NOT NULL));
alter table public.content_keys enable row level security;
comment on table public.content_keys is 'The keys of sealed content, one an item. No role reads this table: functions hand them out with what they open';

create table public.conversations (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  kind text not null,
  of_id uuid not null,
  channel text not null,
  run_id uuid,
  seq bigint not null default 0,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint conversations_pkey PRIMARY KEY (id),
  constraint conversations_channel_check CHECK (((length(channel) >= 1) AND (length(channel) <= 200))),
  constraint conversations_kind_check CHECK ((kind = ANY (ARRAY['tenant'::text, 'run'::text, 'session'::text, 'step'::text, 'agent'::text]))),
  constraint conversations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint conversations_tenant_id_kind_of_id_channel_key UNIQUE (tenant_id, kind, of_id, channel)
);
-- The conversations of a run
CREATE INDEX conversations_run ON public.conversations USING btree (run_id) WHERE (run_id IS NOT NULL);
alter table public.conversations enable row level security;
comment on table public.conversations is 'Channels in which messages were sent, with the newest number of each';

create table public.critic_verdicts (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid not null,
  session_id uuid not null,
  round integer not null,
  verdict text not null,
  score double precision,
  feedback text not null default ''::text,
  doer_step uuid not null,
  reviewer_step uuid not null,
  doer_agent uuid,
  reviewer_agent uuid,
  at timestamp with time zone not null default clock_timestamp(),
  constraint critic_verdicts_pkey PRIMARY KEY (id),
  constraint critic_verdicts_feedback_check CHECK ((length(feedback) <= 8000)),
  constraint critic_verdicts_round_check CHECK (((round >= 1) AND (round <= 10))),
  constraint critic_verdicts_score_check CHECK (((score >= (0)::double precision) AND (score <= (1)::double precision))),
  constraint critic_verdicts_session_id_round_key UNIQUE (session_id, round),
  constraint critic_verdicts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint critic_verdicts_verdict_check CHECK ((verdict = ANY (ARRAY['accept'::text, 'revise'::text, 'reject'::text])))
);
-- How an agent judges others
CREATE INDEX critic_verdicts_reviewer ON public.critic_verdicts USING btree (tenant_id, reviewer_agent) WHERE (reviewer_agent IS NOT NULL);
-- Of a run, and what moves to the history with it
CREATE INDEX critic_verdicts_run ON public.critic_verdicts USING btree (run_id, id);
alter table public.critic_verdicts enable row level security;
comment on table public.critic_verdicts is 'What reviewers of pairs said, one row a round';

create table public.critic_verdicts_history (
  id uuid not null,
  tenant_id uuid not null,
  run_id uuid not null,
  session_id uuid not null,
  round integer not null,
  verdict text not null,
  score double precision,
  feedback text not null,
  doer_step uuid not null,
  reviewer_step uuid not null,
  doer_agent uuid,
  reviewer_agent uuid,
  at timestamp with time zone not null,
  constraint critic_verdicts_history_pkey PRIMARY KEY (id)
);
-- As critic_verdicts_run
CREATE INDEX critic_verdicts_history_run ON public.critic_verdicts_history USING btree (run_id, id);
alter table public.critic_verdicts_history enable row level security;
comment on table public.critic_verdicts_history is 'Of runs that have moved to history: as critic_verdicts';

create table public.dead_letters (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  stage text not null,
  reason text not null,
  status text not null default 'new'::text,
  version integer not null default 1,
  error jsonb not null,
  payload jsonb not null,
  history jsonb not null,
  worker_version text,
  correlation_id uuid not null,
  failures integer not null,
  crashes integer not null,
  note text,
  triaged_by text,
  redrive_run uuid,
  first_at timestamp with time zone not null default clock_timestamp(),
  last_at timestamp with time zone not null default clock_timestamp(),
  constraint dead_letters_pkey PRIMARY KEY (id),
  constraint dead_letters_note_check CHECK ((length(note) <= 4000)),
  constraint dead_letters_reason_check CHECK ((reason = ANY (ARRAY['invalid_input'::text, 'unknown_handler'::text, 'retries_exhausted'::text, 'deadline'::text, 'poison_crash'::text, 'non_deterministic'::text, 'compensation_failed'::text, 'unclassified'::text]))),
  constraint dead_letters_stage_check CHECK ((stage = ANY (ARRAY['claim'::text, 'input'::text, 'execute'::text, 'commit'::text, 'compensate'::text]))),
  constraint dead_letters_status_check CHECK ((status = ANY (ARRAY['new'::text, 'triaged'::text, 'redriving'::text, 'resolved'::text, 'discarded'::text]))),
  constraint dead_letters_step_id_key UNIQUE (step_id),
  constraint dead_letters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- A tenant's dead letters by status, newest first
CREATE INDEX dead_letters_list ON public.dead_letters USING btree (tenant_id, status, last_at DESC, id DESC);
-- Counts of open dead letters by stage and reason
CREATE INDEX dead_letters_open ON public.dead_letters USING btree (stage, reason) WHERE (status = ANY (ARRAY['new'::text, 'triaged'::text]));
-- The letter that a redriving run settles
CREATE INDEX dead_letters_redrive ON public.dead_letters USING btree (redrive_run) WHERE (redrive_run IS NOT NULL);
-- The letters of a run; whether one keeps it from the history
CREATE INDEX dead_letters_run ON public.dead_letters USING btree (run_id);
alter table public.dead_letters enable row level security;
comment on table public.dead_letters is 'Steps that failed for good, by stage and reason, with all that is known of the failure';

create table public.dispatch_settings (
  tenant_id uuid not null,
  hold_out double precision not null,
  success_usd double precision not null,
  hour_usd double precision not null,
  prefer_seconds double precision not null,
  updated_by uuid not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint dispatch_settings_pkey PRIMARY KEY (tenant_id),
  constraint dispatch_settings_hold_out_check CHECK (((hold_out >= (0)::double precision) AND (hold_out <= (0.5)::double precision))),
  constraint dispatch_settings_hour_usd_check CHECK (((hour_usd >= (0)::double precision) AND (hour_usd <= (1000000)::double precision))),
  constraint dispatch_settings_prefer_seconds_check CHECK (((prefer_seconds >= (0)::double precision) AND (prefer_seconds <= (600)::double precision))),
  constraint dispatch_settings_success_usd_check CHECK (((success_usd > (0)::double precision) AND (success_usd <= (1000000)::double precision))),
  constraint dispatch_settings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.dispatch_settings enable row level security;
comment on table public.dispatch_settings is 'How a tenant wants strategies chosen; without a row the defaults hold';

create table public.event_heads (
  tenant_id uuid not null,
  seq bigint not null default 0,
  audited_seq bigint not null default 0,
  pruned_seq bigint not null default 0,
  constraint event_heads_pkey PRIMARY KEY (tenant_id),
  constraint event_heads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.event_heads enable row level security;
comment on table public.event_heads is 'The newest sealed sequence of each tenant, and up to where audit_log vouches for it';

create table public.events (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  xid xid8 not null default pg_current_xact_id(),
  seq bigint,
  type text not null,
  version smallint not null default 1,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  actor_type text not null,
  actor_id text not null,
  run_id uuid,
  payload jsonb not null,
  at timestamp with time zone not null default clock_timestamp(),
  constraint events_pkey PRIMARY KEY (id),
  constraint events_actor_type_check CHECK ((actor_type = ANY (ARRAY['member'::text, 'agent'::text, 'worker'::text, 'system'::text])))
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=50000, autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=200000, autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=2000);
-- The events of a run, in order; whether one of them has no number yet
CREATE INDEX events_by_run ON public.events USING btree (run_id, seq) WHERE (run_id IS NOT NULL);
-- A tenant's events by cursor; each number once
CREATE UNIQUE INDEX events_by_seq ON public.events USING btree (tenant_id, seq) WHERE (seq IS NOT NULL);
-- What the sealer numbers next
CREATE INDEX events_unsealed ON public.events USING btree (xid, id) WHERE (seq IS NULL);
alter table public.events enable row level security;
comment on table public.events is 'Append-only facts about changes: ids, enums, numbers and digests, never content';

create table public.external_events (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  name text not null,
  key text,
  run_id uuid,
  payload jsonb not null,
  sent_by_type text not null,
  sent_by text not null,
  sent_at timestamp with time zone not null default clock_timestamp(),
  constraint external_events_pkey PRIMARY KEY (id),
  constraint external_events_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
  constraint external_events_name_check CHECK (((length(name) >= 1) AND (length(name) <= 128))),
  constraint external_events_sent_by_type_check CHECK ((sent_by_type = ANY (ARRAY['member'::text, 'agent'::text, 'worker'::text, 'system'::text]))),
  constraint external_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The first event of a name and key that came before its waiter
CREATE INDEX external_events_key ON public.external_events USING btree (tenant_id, name, key, sent_at) WHERE (key IS NOT NULL);
-- The first event of a name that came before its waiter
CREATE INDEX external_events_name ON public.external_events USING btree (tenant_id, name, sent_at);
-- The events sent to a run, for its archive
CREATE INDEX external_events_run ON public.external_events USING btree (run_id) WHERE (run_id IS NOT NULL);
alter table public.external_events enable row level security;
comment on table public.external_events is 'What the outside told of: kept, so that a step that asks later finds it';

create table public.external_events_history (
  id uuid not null,
  tenant_id uuid not null,
  name text not null,
  key text,
  run_id uuid,
  payload jsonb not null,
  sent_by_type text not null,
  sent_by text not null,
  sent_at timestamp with time zone not null,
  constraint external_events_history_pkey PRIMARY KEY (id)
);
-- As external_events_run
CREATE INDEX external_events_history_run ON public.external_events_history USING btree (run_id);
alter table public.external_events_history enable row level security;
comment on table public.external_events_history is 'Of runs that have moved to history: as external_events';

create table public.feature_flags (
  tenant_id uuid not null,
  name text not null,
  enabled boolean not null,
  note text not null,
  updated_by uuid not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint feature_flags_pkey PRIMARY KEY (tenant_id, name),
  constraint feature_flags_name_check CHECK ((name ~ '^FEATURE_[A-Z0-9_]{1,100}$'::text)),
  constraint feature_flags_note_check CHECK (((length(note) >= 1) AND (length(note) <= 500))),
  constraint feature_flags_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.feature_flags enable row level security;
comment on table public.feature_flags is 'What a tenant has switched on or off; without a row the default holds';

create table public.gate_overrides (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  plan_id uuid not null,
  scope text not null,
  rule text,
  step text,
  reason text not null,
  status text not null,
  plan_digest text not null,
  rules_digest text not null,
  covers jsonb not null,
  two_people boolean not null,
  requested_by uuid not null,
  requested_by_name text not null,
  requested_at timestamp with time zone not null default clock_timestamp(),
  approval_id uuid,
  decided_by uuid,
  decided_by_name text,
  decided_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  revoked_by uuid,
  revoked_by_name text,
  revoked_at timestamp with time zone,
  revoked_reason text,
  constraint gate_overrides_pkey PRIMARY KEY (id),
  constraint gate_overrides_check CHECK ((((scope = 'step'::text) <= (step IS NOT NULL)) AND ((scope = 'rule'::text) = (rule IS NOT NULL)))),
  constraint gate_overrides_check1 CHECK (((scope <> 'plan'::text) OR (step IS NULL))),
  constraint gate_overrides_check2 CHECK (((expires_at > requested_at) AND (expires_at <= (requested_at + '30 days 00:01:00'::interval)))),
  constraint gate_overrides_check3 CHECK (((status = 'revoked'::text) = (revoked_at IS NOT NULL))),
  constraint gate_overrides_check4 CHECK (((NOT two_people) OR (status = ANY (ARRAY['pending'::text, 'revoked'::text])) OR (decided_by IS NOT NULL))),
  constraint gate_overrides_check5 CHECK (((NOT two_people) OR (decided_by IS NULL) OR (decided_by <> requested_by))),
  constraint gate_overrides_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans(id) ON DELETE CASCADE,
  constraint gate_overrides_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 1000))),
  constraint gate_overrides_revoked_reason_check CHECK (((length(revoked_reason) >= 1) AND (length(revoked_reason) <= 1000))),
  constraint gate_overrides_scope_check CHECK ((scope = ANY (ARRAY['plan'::text, 'step'::text, 'rule'::text]))),
  constraint gate_overrides_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'active'::text, 'refused'::text, 'revoked'::text]))),
  constraint gate_overrides_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The override that an approval is about
CREATE INDEX gate_overrides_approval ON public.gate_overrides USING btree (approval_id) WHERE (approval_id IS NOT NULL);
-- Overrides of a tenant, newest first
CREATE INDEX gate_overrides_list ON public.gate_overrides USING btree (tenant_id, id DESC);
-- Overrides of a plan
CREATE INDEX gate_overrides_plan ON public.gate_overrides USING btree (plan_id, id DESC);
alter table public.gate_overrides enable row level security;
comment on table public.gate_overrides is 'Who answers for going on although a gate warns or blocks; bound to what was judged';

create table public.gate_rules (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  name text not null,
  version integer not null,
  origin text not null,
  enabled boolean not null default true,
  verdict text,
  override text,
  gate text,
  scope text,
  condition text,
  reason text,
  tip text,
  examples jsonb not null default '[]'::jsonb,
  created_by uuid not null,
  created_by_name text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint gate_rules_pkey PRIMARY KEY (id),
  constraint gate_rules_check CHECK (((origin = 'built_in'::text) OR ((verdict IS NOT NULL) AND (override IS NOT NULL)))),
  constraint gate_rules_check1 CHECK ((((origin = 'own'::text) = (gate IS NOT NULL)) AND ((origin = 'own'::text) = (scope IS NOT NULL)) AND ((origin = 'own'::text) = (condition IS NOT NULL)) AND ((origin = 'own'::text) = (reason IS NOT NULL)) AND ((origin = 'own'::text) = (tip IS NOT NULL)))),
  constraint gate_rules_condition_check CHECK (((length(condition) >= 1) AND (length(condition) <= 2000))),
  constraint gate_rules_gate_check CHECK ((gate = ANY (ARRAY['structural'::text, 'risk'::text, 'compliance'::text, 'resource'::text]))),
  constraint gate_rules_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,127}$'::text)),
  constraint gate_rules_origin_check CHECK ((origin = ANY (ARRAY['built_in'::text, 'own'::text]))),
  constraint gate_rules_override_check CHECK ((override = ANY (ARRAY['none'::text, 'one'::text, 'two'::text]))),
  constraint gate_rules_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint gate_rules_scope_check CHECK ((scope = ANY (ARRAY['plan'::text, 'step'::text]))),
  constraint gate_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint gate_rules_tenant_id_name_version_key UNIQUE (tenant_id, name, version),
  constraint gate_rules_tip_check CHECK (((length(tip) >= 1) AND (length(tip) <= 500))),
  constraint gate_rules_verdict_check CHECK ((verdict = ANY (ARRAY['allow'::text, 'warn'::text, 'block'::text]))),
  constraint gate_rules_version_check CHECK ((version > 0))
);
alter table public.gate_rules enable row level security;
comment on table public.gate_rules is 'Versions of the rules that gates judge by; the newest of each name holds';

create table public.idempotency_keys (
  tenant_id uuid not null,
  route text not null,
  key text not null,
  fingerprint text not null,
  response jsonb not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null default (clock_timestamp() + '72:00:00'::interval),
  constraint idempotency_keys_pkey PRIMARY KEY (tenant_id, route, key),
  constraint idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
  constraint idempotency_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- Keys that have expired, for the prune
CREATE INDEX idempotency_keys_expiry ON public.idempotency_keys USING btree (expires_at);
alter table public.idempotency_keys enable row level security;
comment on table public.idempotency_keys is 'One row an answered request: the same key and body gets the same answer';

create table public.import_mappings (
  tenant_id uuid not null,
  fingerprint text not null,
  mapping jsonb not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint import_mappings_pkey PRIMARY KEY (tenant_id, fingerprint),
  constraint import_mappings_fingerprint_check CHECK ((fingerprint ~ '^[0-9a-f]{64}$'::text)),
  constraint import_mappings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.import_mappings enable row level security;
comment on table public.import_mappings is 'What the columns of imported tables were taken for, by header';

create table public.inbound_messages (
  receiver_id uuid not null,
  message_id text not null,
  tenant_id uuid not null,
  begun_at timestamp with time zone not null default clock_timestamp(),
  outcome text,
  approval_id uuid,
  user_id uuid,
  constraint inbound_messages_pkey PRIMARY KEY (receiver_id, message_id),
  constraint inbound_messages_message_id_check CHECK (((length(message_id) >= 1) AND (length(message_id) <= 256))),
  constraint inbound_messages_outcome_check CHECK ((outcome ~ '^[a-z][a-z0-9_]{0,63}$'::text)),
  constraint inbound_messages_receiver_id_fkey FOREIGN KEY (receiver_id) REFERENCES inbound_receivers(id) ON DELETE CASCADE,
  constraint inbound_messages_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- Messages that are old enough to be forgotten
CREATE INDEX inbound_messages_age ON public.inbound_messages USING btree (begun_at);
-- What a receiver took, newest first, and when it was last used
CREATE INDEX inbound_messages_list ON public.inbound_messages USING btree (receiver_id, begun_at DESC);
alter table public.inbound_messages enable row level security;
comment on table public.inbound_messages is 'Ids of messages that came in, kept for 30 days: none is taken twice';

create table public.inbound_receivers (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  name text not null,
  description text not null default ''::text,
  acts_for uuid[] not null,
  decisions text[] not null,
  subjects text[] not null default '{}'::text[],
  status text not null default 'active'::text,
  holders uuid[] not null,
  created_by uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint inbound_receivers_pkey PRIMARY KEY (id),
  constraint inbound_receivers_acts_for_check CHECK (((cardinality(acts_for) >= 1) AND (cardinality(acts_for) <= 200))),
  constraint inbound_receivers_decisions_check CHECK (((cardinality(decisions) > 0) AND (decisions <@ ARRAY['approve'::text, 'reject'::text]))),
  constraint inbound_receivers_description_check CHECK ((length(description) <= 500)),
  constraint inbound_receivers_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint inbound_receivers_status_check CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text]))),
  constraint inbound_receivers_subjects_check CHECK ((subjects <@ ARRAY['plan'::text, 'plan_step'::text, 'step'::text, 'tool'::text, 'override'::text])),
  constraint inbound_receivers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint inbound_receivers_tenant_id_name_key UNIQUE (tenant_id, name)
);
alter table public.inbound_receivers enable row level security;
comment on table public.inbound_receivers is 'Webhooks that come in: each signed by its sender, each speaking for named members';

create table public.inbound_secrets (
  receiver_id uuid not null,
  tenant_id uuid not null,
  secret text not null,
  previous text,
  previous_until timestamp with time zone,
  constraint inbound_secrets_pkey PRIMARY KEY (receiver_id),
  constraint inbound_secrets_check CHECK (((previous IS NULL) = (previous_until IS NULL))),
  constraint inbound_secrets_previous_check CHECK ((previous ~~ 'whsec\_%'::text)),
  constraint inbound_secrets_receiver_id_fkey FOREIGN KEY (receiver_id) REFERENCES inbound_receivers(id) ON DELETE CASCADE,
  constraint inbound_secrets_secret_check CHECK ((secret ~~ 'whsec\_%'::text)),
  constraint inbound_secrets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.inbound_secrets enable row level security;
comment on table public.inbound_secrets is 'What messages that come in have to be signed with; shown once when made';

create table public.legal_holds (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  kind text not null,
  of_id uuid not null,
  reason text not null,
  placed_by uuid not null,
  placed_by_name text not null,
  placed_at timestamp with time zone not null default clock_timestamp(),
  lifted_by uuid,
  lifted_by_name text,
  lifted_at timestamp with time zone,
  constraint legal_holds_pkey PRIMARY KEY (id),
  constraint legal_holds_check CHECK (((lifted_at IS NULL) = (lifted_by IS NULL))),
  constraint legal_holds_kind_check CHECK ((kind = ANY (ARRAY['message'::text, 'conversation'::text, 'run'::text, 'tenant'::text]))),
  constraint legal_holds_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 1000))),
  constraint legal_holds_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The holds of a tenant, newest first
CREATE INDEX legal_holds_list ON public.legal_holds USING btree (tenant_id, id DESC);
-- Whether something is held; once at a time
CREATE UNIQUE INDEX legal_holds_open ON public.legal_holds USING btree (tenant_id, kind, of_id) WHERE (lifted_at IS NULL);
alter table public.legal_holds enable row level security;
comment on table public.legal_holds is 'What may not be deleted by age, and is redacted by two people only, until the hold is lifted';

create table public.llm_models (
  id uuid not null default app.uuid7(),
  tenant_id uuid,
  provider text not null,
  name text not null,
  title text not null,
  context_tokens integer,
  capabilities text[] not null default '{text}'::text[],
  aliases text[] not null default '{}'::text[],
  created_at timestamp with time zone not null default clock_timestamp(),
  max_output_tokens integer,
  quality real,
  enabled boolean not null default true,
  updated_by uuid,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint llm_models_pkey PRIMARY KEY (id),
  constraint llm_models_capabilities CHECK ((capabilities <@ ARRAY['text'::text, 'json'::text, 'tools'::text, 'vision'::text, 'embeddings'::text, 'streaming'::text, 'reasoning'::text])),
  constraint llm_models_context_tokens_check CHECK ((context_tokens > 0)),
  constraint llm_models_max_output_tokens_check CHECK ((max_output_tokens > 0)),
  constraint llm_models_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint llm_models_quality_check CHECK (((quality >= (0)::double precision) AND (quality <= (1)::double precision))),
  constraint llm_models_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint llm_models_tenant_id_provider_name_key UNIQUE NULLS NOT DISTINCT (tenant_id, provider, name),
  constraint llm_models_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
);
CREATE TRIGGER llm_models_version AFTER INSERT OR DELETE OR UPDATE ON public.llm_models FOR EACH ROW EXECUTE FUNCTION app.routing_changed();
alter table public.llm_models enable row level security;
comment on table public.llm_models is 'Language models by provider; without a tenant: come with the product';

create table public.llm_prices (
  id uuid not null default app.uuid7(),
  tenant_id uuid,
  provider text not null,
  model text not null,
  effective_from timestamp with time zone not null,
  above_tokens integer not null default 0,
  input bigint not null,
  output bigint not null,
  cache_read bigint,
  cache_write bigint,
  reasoning bigint,
  source text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  revision integer not null default 1,
  withdrawn boolean not null default false,
  note text,
  created_by uuid,
  constraint llm_prices_pkey PRIMARY KEY (id),
  constraint llm_prices_above_tokens_check CHECK ((above_tokens >= 0)),
  constraint llm_prices_cache_read_check CHECK ((cache_read >= 0)),
  constraint llm_prices_cache_write_check CHECK ((cache_write >= 0)),
  constraint llm_prices_input_check CHECK ((input >= 0)),
  constraint llm_prices_note_check CHECK (((length(note) >= 1) AND (length(note) <= 500))),
  constraint llm_prices_once UNIQUE NULLS NOT DISTINCT (tenant_id, provider, model, effective_from, above_tokens, revision),
  constraint llm_prices_output_check CHECK ((output >= 0)),
  constraint llm_prices_reasoning_check CHECK ((reasoning >= 0)),
  constraint llm_prices_revision_check CHECK ((revision > 0)),
  constraint llm_prices_source_check CHECK (((length(source) >= 1) AND (length(source) <= 200))),
  constraint llm_prices_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint llm_prices_withdrawn CHECK (((NOT withdrawn) OR ((tenant_id IS NOT NULL) AND (above_tokens = 0))))
);
CREATE TRIGGER llm_prices_version AFTER INSERT OR DELETE OR UPDATE ON public.llm_prices FOR EACH ROW EXECUTE FUNCTION app.routing_changed();
alter table public.llm_prices enable row level security;
comment on table public.llm_prices is 'What a token costs, by class, in picodollars, from an instant on; a tenant''s own stands in place of ours';

create table public.llm_providers (
  id uuid not null default app.uuid7(),
  tenant_id uuid,
  name text not null,
  title text not null,
  kind text not null,
  enabled boolean not null default true,
  created_at timestamp with time zone not null default clock_timestamp(),
  region text not null default 'default'::text,
  base_url text,
  headers jsonb not null default '{}'::jsonb,
  key_name text default 'default'::text,
  probe boolean not null default false,
  updated_by uuid,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint llm_providers_pkey PRIMARY KEY (id),
  constraint llm_providers_base_url_check CHECK (((length(base_url) >= 8) AND (length(base_url) <= 500))),
  constraint llm_providers_called_at CHECK (((kind <> 'openai_compatible'::text) OR (base_url IS NOT NULL))),
  constraint llm_providers_headers_check CHECK ((jsonb_typeof(headers) = 'object'::text)),
  constraint llm_providers_key_name_check CHECK ((key_name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint llm_providers_kind_check CHECK ((kind = ANY (ARRAY['simulated'::text, 'openai'::text, 'anthropic'::text, 'google'::text, 'mistral'::text, 'openai_compatible'::text]))),
  constraint llm_providers_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint llm_providers_region UNIQUE NULLS NOT DISTINCT (tenant_id, name, region),
  constraint llm_providers_region_check CHECK ((region ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint llm_providers_simulated CHECK (((kind <> 'simulated'::text) OR (tenant_id IS NULL))),
  constraint llm_providers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint llm_providers_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
);
CREATE TRIGGER llm_providers_version AFTER INSERT OR DELETE OR UPDATE ON public.llm_providers FOR EACH ROW EXECUTE FUNCTION app.routing_changed();
alter table public.llm_providers enable row level security;
comment on table public.llm_providers is 'Who provides language models; without a tenant: comes with the product';

create table public.members (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  user_id uuid not null,
  email text not null,
  name text not null,
  role text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint members_pkey PRIMARY KEY (id),
  constraint members_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'supervisor'::text, 'admin'::text]))),
  constraint members_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint members_tenant_id_user_id_key UNIQUE (tenant_id, user_id)
);
-- The tenants of a person: asked by every policy
CREATE INDEX members_user ON public.members USING btree (user_id, tenant_id);
alter table public.members enable row level security;
comment on table public.members is 'A person in a tenant. Removing the row ends every right at once: policies look it up';

create table public.message_cursors (
  conversation_id uuid not null,
  reader text not null,
  tenant_id uuid not null,
  done bigint not null default 0,
  told_at timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint message_cursors_pkey PRIMARY KEY (conversation_id, reader),
  constraint message_cursors_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE,
  constraint message_cursors_reader_check CHECK (((length(reader) >= 1) AND (length(reader) <= 200))),
  constraint message_cursors_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.message_cursors enable row level security;
comment on table public.message_cursors is 'How far each reader is done with a conversation; only ever forward';

create table public.message_types (
  tenant_id uuid not null,
  name text not null,
  version integer not null,
  schema jsonb not null,
  registered_by_type text not null,
  registered_by text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint message_types_pkey PRIMARY KEY (tenant_id, name, version),
  constraint message_types_name_check CHECK (((name ~ '^x(\.[a-z][a-z0-9_]*)+$'::text) AND (length(name) <= 128))),
  constraint message_types_registered_by_type_check CHECK ((registered_by_type = ANY (ARRAY['agent'::text, 'member'::text]))),
  constraint message_types_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint message_types_version_check CHECK ((version > 0))
);
alter table public.message_types enable row level security;
comment on table public.message_types is 'Types of messages that a tenant registered, with the JSON Schema of what they say';

create table public.model_cache (
  tenant_id uuid not null,
  digest text not null,
  scope text not null,
  provider text not null,
  model text not null,
  answer jsonb not null,
  embedding bytea,
  embedding_model text,
  call_id uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  constraint model_cache_pkey PRIMARY KEY (tenant_id, digest),
  constraint model_cache_check CHECK (((embedding IS NULL) = (embedding_model IS NULL))),
  constraint model_cache_digest_check CHECK ((length(digest) = 64)),
  constraint model_cache_scope_check CHECK ((length(scope) = 64)),
  constraint model_cache_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- Answers whose time is over, for the sweep
CREATE INDEX model_cache_expired ON public.model_cache USING btree (expires_at);
-- Newest first: as many as are compared
CREATE INDEX model_cache_near ON public.model_cache USING btree (tenant_id, scope, created_at DESC) WHERE (embedding IS NOT NULL);
alter table public.model_cache enable row level security;
comment on table public.model_cache is 'Answers of models that may be given again within their tenant';

create table public.model_calls (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  call_id uuid not null,
  attempt smallint not null,
  endpoint text not null,
  asked text not null,
  provider text not null,
  model text not null,
  region text not null default 'default'::text,
  policy text,
  decision_digest text,
  reason text,
  run_id uuid,
  step_id uuid,
  agent_id uuid,
  member_id uuid,
  status text not null default 'under_way'::text,
  error_code text,
  finish_reason text,
  streamed boolean not null default false,
  cache text not null default 'none'::text,
  input_tokens integer,
  cache_read_tokens integer,
  cache_write_tokens integer,
  output_tokens integer,
  reasoning_tokens integer,
  usage_estimated boolean not null default false,
  price jsonb,
  cost_pico bigint,
  latency_ms integer,
  first_token_ms integer,
  reservation_id uuid,
  key_id uuid,
  traceparent text,
  started_at timestamp with time zone not null default clock_timestamp(),
  lease_until timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint model_calls_pkey PRIMARY KEY (id),
  constraint model_calls_asked_check CHECK (((length(asked) >= 1) AND (length(asked) <= 300))),
  constraint model_calls_attempt_check CHECK (((attempt >= 1) AND (attempt <= 100))),
  constraint model_calls_cache_check CHECK ((cache = ANY (ARRAY['none'::text, 'miss'::text, 'exact'::text, 'semantic'::text]))),
  constraint model_calls_cache_read_tokens_check CHECK ((cache_read_tokens >= 0)),
  constraint model_calls_cache_write_tokens_check CHECK ((cache_write_tokens >= 0)),
  constraint model_calls_call_id_attempt_key UNIQUE (call_id, attempt),
  constraint model_calls_check CHECK (((status = 'under_way'::text) = (ended_at IS NULL))),
  constraint model_calls_cost_pico_check CHECK ((cost_pico >= 0)),
  constraint model_calls_decision_digest_check CHECK (((length(decision_digest) >= 1) AND (length(decision_digest) <= 100))),
  constraint model_calls_endpoint_check CHECK ((endpoint = ANY (ARRAY['chat'::text, 'responses'::text, 'embeddings'::text]))),
  constraint model_calls_error_code_check CHECK (((length(error_code) >= 1) AND (length(error_code) <= 100))),
  constraint model_calls_finish_reason_check CHECK (((length(finish_reason) >= 1) AND (length(finish_reason) <= 100))),
  constraint model_calls_first_token_ms_check CHECK ((first_token_ms >= 0)),
  constraint model_calls_input_tokens_check CHECK ((input_tokens >= 0)),
  constraint model_calls_latency_ms_check CHECK ((latency_ms >= 0)),
  constraint model_calls_model_check CHECK (((length(model) >= 1) AND (length(model) <= 300))),
  constraint model_calls_output_tokens_check CHECK ((output_tokens >= 0)),
  constraint model_calls_policy_check CHECK (((length(policy) >= 1) AND (length(policy) <= 200))),
  constraint model_calls_provider_check CHECK (((length(provider) >= 1) AND (length(provider) <= 100))),
  constraint model_calls_reason_check CHECK ((length(reason) <= 1000)),
  constraint model_calls_reasoning_tokens_check CHECK ((reasoning_tokens >= 0)),
  constraint model_calls_region_check CHECK (((length(region) >= 1) AND (length(region) <= 100))),
  constraint model_calls_status_check CHECK ((status = ANY (ARRAY['under_way'::text, 'succeeded'::text, 'failed'::text, 'abandoned'::text, 'lost'::text]))),
  constraint model_calls_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint model_calls_traceparent_check CHECK ((length(traceparent) <= 100))
);
-- Calls of a tenant, newest first
CREATE INDEX model_calls_list ON public.model_calls USING btree (tenant_id, started_at DESC, id DESC);
-- What a run asked models for
CREATE INDEX model_calls_of_run ON public.model_calls USING btree (run_id) WHERE (run_id IS NOT NULL);
-- What a step paid for models
CREATE INDEX model_calls_of_step ON public.model_calls USING btree (step_id) WHERE (step_id IS NOT NULL);
-- The sweep for calls whose process has died
CREATE INDEX model_calls_under_way ON public.model_calls USING btree (lease_until) WHERE (status = 'under_way'::text);
alter table public.model_calls enable row level security;
comment on table public.model_calls is 'One attempt at a model, with what it used and cost';

create table public.model_comparison_rows (
  comparison_id uuid not null,
  model text not null,
  tenant_id uuid not null,
  "position" integer not null,
  status text not null default 'waiting'::text,
  asked_until timestamp with time zone,
  latency_ms integer,
  usage jsonb,
  cost_pico numeric(40,0),
  price jsonb,
  error_code text,
  error text,
  document jsonb,
  document_digest text,
  repairs jsonb not null default '[]'::jsonb,
  reasons jsonb not null default '[]'::jsonb,
  verdict text,
  score integer,
  gates jsonb,
  steps integer,
  makespan_seconds double precision,
  differences jsonb,
  plan_id uuid,
  ended_at timestamp with time zone,
  constraint model_comparison_rows_pkey PRIMARY KEY (comparison_id, model),
  constraint model_comparison_rows_check CHECK (((status = ANY (ARRAY['waiting'::text, 'asking'::text])) = (ended_at IS NULL))),
  constraint model_comparison_rows_check1 CHECK (((status = ANY (ARRAY['usable'::text, 'repaired'::text])) <= ((document IS NOT NULL) AND (verdict IS NOT NULL) AND (differences IS NOT NULL)))),
  constraint model_comparison_rows_check2 CHECK (((status = 'failed'::text) <= (error_code IS NOT NULL))),
  constraint model_comparison_rows_check3 CHECK (((status = 'refused'::text) <= (jsonb_array_length(reasons) > 0))),
  constraint model_comparison_rows_comparison_id_fkey FOREIGN KEY (comparison_id) REFERENCES model_comparisons(id) ON DELETE CASCADE,
  constraint model_comparison_rows_cost_pico_check CHECK ((cost_pico >= (0)::numeric)),
  constraint model_comparison_rows_error_check CHECK ((length(error) <= 1000)),
  constraint model_comparison_rows_latency_ms_check CHECK ((latency_ms >= 0)),
  constraint model_comparison_rows_model_check CHECK (((length(model) >= 3) AND (length(model) <= 200))),
  constraint model_comparison_rows_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans(id) ON DELETE SET NULL,
  constraint model_comparison_rows_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'asking'::text, 'usable'::text, 'repaired'::text, 'refused'::text, 'failed'::text]))),
  constraint model_comparison_rows_verdict_check CHECK ((verdict = ANY (ARRAY['allow'::text, 'warn'::text, 'block'::text])))
);
-- The answer that a plan was made of, when the plan is deleted
CREATE INDEX model_comparison_rows_plan ON public.model_comparison_rows USING btree (plan_id) WHERE (plan_id IS NOT NULL);
alter table public.model_comparison_rows enable row level security;
comment on table public.model_comparison_rows is 'What one model answered: outcome, time, tokens, cost, and how its plan differs from ours';

create table public.model_comparisons (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  pack_id uuid not null,
  items text[],
  seed integer not null default 1,
  time_limit_ms integer not null,
  prompt_digest text not null,
  own jsonb not null,
  created_by uuid not null,
  created_by_name text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint model_comparisons_pkey PRIMARY KEY (id),
  constraint model_comparisons_pack_id_fkey FOREIGN KEY (pack_id) REFERENCES packs(id) ON DELETE CASCADE,
  constraint model_comparisons_prompt_digest_check CHECK ((length(prompt_digest) = 64)),
  constraint model_comparisons_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint model_comparisons_time_limit_ms_check CHECK (((time_limit_ms >= 1000) AND (time_limit_ms <= 600000)))
);
-- Comparisons of a tenant, newest first
CREATE INDEX model_comparisons_list ON public.model_comparisons USING btree (tenant_id, id DESC);
-- Comparisons about a pack, when it is deleted
CREATE INDEX model_comparisons_pack ON public.model_comparisons USING btree (pack_id);
alter table public.model_comparisons enable row level security;
comment on table public.model_comparisons is 'The same question for a plan, put to several language models';

create table public.model_transcripts (
  call_id uuid not null,
  tenant_id uuid not null,
  request jsonb not null,
  answer jsonb,
  redacted integer not null default 0,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  constraint model_transcripts_pkey PRIMARY KEY (call_id),
  constraint model_transcripts_redacted_check CHECK ((redacted >= 0)),
  constraint model_transcripts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- Transcripts whose time is over, for the sweep
CREATE INDEX model_transcripts_expired ON public.model_transcripts USING btree (expires_at);
-- Transcripts of a tenant, newest first
CREATE INDEX model_transcripts_list ON public.model_transcripts USING btree (tenant_id, created_at DESC);
alter table public.model_transcripts enable row level security;
comment on table public.model_transcripts is 'What was said in a call of a model, after redaction, until it expires';

create table public.packs (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  name text not null,
  title text,
  workspace text,
  created_at timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp(),
  arranged boolean not null default false,
  constraint packs_pkey PRIMARY KEY (id),
  constraint packs_name_check CHECK (((length(name) >= 1) AND (length(name) <= 128))),
  constraint packs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint packs_tenant_id_name_key UNIQUE (tenant_id, name)
);
alter table public.packs enable row level security;
comment on table public.packs is 'A named set of backlog items released under one policy; its id is the lineage of its plans';

create table public.plan_evaluations (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  plan_id uuid not null,
  gate text not null,
  verdict text not null,
  score real not null,
  digest text not null,
  findings jsonb not null,
  at timestamp with time zone not null default clock_timestamp(),
  model text,
  rules_digest text,
  steps jsonb not null default '{}'::jsonb,
  constraint plan_evaluations_pkey PRIMARY KEY (id),
  constraint plan_evaluations_gate_check CHECK ((gate = ANY (ARRAY['structural'::text, 'risk'::text, 'compliance'::text, 'resource'::text]))),
  constraint plan_evaluations_model_check CHECK (((length(model) >= 1) AND (length(model) <= 200))),
  constraint plan_evaluations_once UNIQUE NULLS NOT DISTINCT (plan_id, gate, digest, model),
  constraint plan_evaluations_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans(id) ON DELETE CASCADE,
  constraint plan_evaluations_rules_digest_check CHECK ((length(rules_digest) = 64)),
  constraint plan_evaluations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint plan_evaluations_verdict_check CHECK ((verdict = ANY (ARRAY['allow'::text, 'warn'::text, 'block'::text])))
);
alter table public.plan_evaluations enable row level security;
comment on table public.plan_evaluations is 'What each gate said, bound by digest to what it judged';

create table public.plan_rules (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  name text not null,
  "position" integer not null,
  rule jsonb not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint plan_rules_pkey PRIMARY KEY (id),
  constraint plan_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint plan_rules_tenant_id_name_key UNIQUE (tenant_id, name)
);
alter table public.plan_rules enable row level security;
comment on table public.plan_rules is 'How a type of item becomes a sequence of steps; the first match in order of position wins';

create table public.plan_steps (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  plan_id uuid not null,
  backlog_item_id uuid not null,
  name text not null,
  title text not null,
  item_key text not null,
  kind text not null,
  executor text not null,
  capability text,
  queue text not null default 'default'::text,
  arguments jsonb not null,
  needs text[] not null default '{}'::text[],
  priority smallint not null,
  "position" integer not null,
  sensitive boolean not null,
  risk text[] not null default '{}'::text[],
  labels text[] not null default '{}'::text[],
  owner text,
  undo jsonb,
  pivot boolean not null default false,
  max_failures integer not null default 3,
  deadline_seconds integer not null default 86400,
  token text not null,
  arguments_digest text not null,
  verdict text not null,
  x real not null,
  y real not null,
  resources text[] not null default '{}'::text[],
  estimate jsonb,
  start_seconds double precision,
  slack_seconds double precision,
  critical boolean not null default false,
  constraint plan_steps_pkey PRIMARY KEY (id),
  constraint plan_steps_backlog_item_id_fkey FOREIGN KEY (backlog_item_id) REFERENCES backlog_items(id) ON DELETE CASCADE,
  constraint plan_steps_deadline_seconds_check CHECK (((deadline_seconds >= 1) AND (deadline_seconds <= 2592000))),
  constraint plan_steps_executor_check CHECK ((executor = ANY (ARRAY['worker'::text, 'agent'::text]))),
  constraint plan_steps_max_failures_check CHECK (((max_failures >= 1) AND (max_failures <= 20))),
  constraint plan_steps_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans(id) ON DELETE CASCADE,
  constraint plan_steps_plan_id_name_key UNIQUE (plan_id, name),
  constraint plan_steps_slack_seconds_check CHECK ((slack_seconds >= (0)::double precision)),
  constraint plan_steps_start_seconds_check CHECK ((start_seconds >= (0)::double precision)),
  constraint plan_steps_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint plan_steps_verdict_check CHECK ((verdict = ANY (ARRAY['allow'::text, 'warn'::text, 'block'::text])))
);
-- The newest plan step of a backlog item
CREATE INDEX plan_steps_item ON public.plan_steps USING btree (backlog_item_id, id DESC);
-- The steps of a plan in their order
CREATE INDEX plan_steps_order ON public.plan_steps USING btree (plan_id, "position");
alter table public.plan_steps enable row level security;
comment on table public.plan_steps is 'Nodes of a plan. token = sha256(tenant, lineage, name, arguments): what is unchanged keeps it';

create table public.plane_settings (
  key text not null,
  value jsonb not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint plane_settings_pkey PRIMARY KEY (key),
  constraint plane_settings_key_check CHECK ((key = ANY (ARRAY['retention'::text, 'messages'::text])))
);
alter table public.plane_settings enable row level security;
comment on table public.plane_settings is 'What holds for every tenant that has not said otherwise';

create table public.plans (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  pack_id uuid not null,
  version integer not null,
  title text not null,
  workspace text,
  status text not null,
  verdict text not null,
  score real not null,
  digest text not null,
  step_count integer not null,
  correlation_id uuid not null,
  created_by_type text not null,
  created_by text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  parent_id uuid,
  makespan_seconds double precision,
  lower_bound_seconds double precision,
  resources jsonb not null default '[]'::jsonb,
  forecast jsonb,
  source text not null default 'planner'::text,
  model text,
  constraint plans_pkey PRIMARY KEY (id),
  constraint plans_lower_bound_seconds_check CHECK ((lower_bound_seconds >= (0)::double precision)),
  constraint plans_makespan_seconds_check CHECK ((makespan_seconds >= (0)::double precision)),
  constraint plans_model CHECK (((source = 'model'::text) = (model IS NOT NULL))),
  constraint plans_model_check CHECK (((length(model) >= 3) AND (length(model) <= 200))),
  constraint plans_pack_id_fkey FOREIGN KEY (pack_id) REFERENCES packs(id) ON DELETE CASCADE,
  constraint plans_pack_id_version_key UNIQUE (pack_id, version),
  constraint plans_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES plans(id) ON DELETE SET NULL,
  constraint plans_source_check CHECK ((source = ANY (ARRAY['planner'::text, 'model'::text]))),
  constraint plans_status_check CHECK ((status = ANY (ARRAY['ready'::text, 'blocked'::text, 'approved'::text, 'superseded'::text, 'cancelled'::text]))),
  constraint plans_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint plans_verdict_check CHECK ((verdict = ANY (ARRAY['allow'::text, 'warn'::text, 'block'::text]))),
  constraint plans_version_check CHECK ((version > 0))
);
-- A tenant's plans, newest first
CREATE INDEX plans_list ON public.plans USING btree (tenant_id, id DESC);
-- The versions that follow a plan, when it is deleted
CREATE INDEX plans_parent ON public.plans USING btree (parent_id) WHERE (parent_id IS NOT NULL);
alter table public.plans enable row level security;
comment on table public.plans is 'An immutable, versioned graph of plan steps; only its status moves';

create table public.provider_health (
  id uuid not null default app.uuid7(),
  tenant_id uuid,
  provider text not null,
  model text not null,
  region text not null default 'default'::text,
  "window" jsonb not null default '{"recent": [], "breaker": {"open": false, "since": 0, "until": 0, "trialUntil": 0}, "minutes": [], "rateLimit": null}'::jsonb,
  state text not null default 'healthy'::text,
  state_since timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint provider_health_pkey PRIMARY KEY (id),
  constraint provider_health_model_check CHECK (((length(model) >= 1) AND (length(model) <= 300))),
  constraint provider_health_provider_check CHECK (((length(provider) >= 1) AND (length(provider) <= 100))),
  constraint provider_health_region_check CHECK (((length(region) >= 1) AND (length(region) <= 100))),
  constraint provider_health_state_check CHECK ((state = ANY (ARRAY['healthy'::text, 'degraded'::text, 'open'::text, 'half_open'::text]))),
  constraint provider_health_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint provider_health_tenant_id_provider_model_region_key UNIQUE NULLS NOT DISTINCT (tenant_id, provider, model, region)
);
-- What is to be probed: few rows at any time
CREATE INDEX provider_health_unwell ON public.provider_health USING btree (updated_at) WHERE (state <> 'healthy'::text);
alter table public.provider_health enable row level security;
comment on table public.provider_health is 'How a model at a provider in a region did in the last 60 minutes, as a tenant saw it';

create table public.redactions (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  kind text not null,
  of_id uuid not null,
  how text not null,
  detail jsonb not null default '{}'::jsonb,
  reason text not null,
  status text not null,
  held boolean not null,
  requested_by uuid not null,
  requested_by_name text not null,
  requested_at timestamp with time zone not null default clock_timestamp(),
  approval_id uuid,
  decided_by uuid,
  decided_by_name text,
  applied_at timestamp with time zone,
  runs uuid[] not null default '{}'::uuid[],
  since timestamp with time zone,
  messages integer not null default 0,
  copies integer not null default 0,
  files integer not null default 0,
  sealed bytea,
  next_at timestamp with time zone,
  purge_by timestamp with time zone,
  purged_at timestamp with time zone,
  constraint redactions_pkey PRIMARY KEY (id),
  constraint redactions_check CHECK (((NOT held) OR (status = ANY (ARRAY['pending'::text, 'refused'::text])) OR (decided_by IS NOT NULL))),
  constraint redactions_check1 CHECK (((decided_by IS NULL) OR (decided_by <> requested_by))),
  constraint redactions_check2 CHECK (((status = 'purged'::text) = (purged_at IS NOT NULL))),
  constraint redactions_how_check CHECK ((how = ANY (ARRAY['whole'::text, 'fields'::text, 'pattern'::text, 'text'::text]))),
  constraint redactions_kind_check CHECK ((kind = ANY (ARRAY['message'::text, 'conversation'::text, 'run'::text]))),
  constraint redactions_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 1000))),
  constraint redactions_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'refused'::text, 'applied'::text, 'purged'::text]))),
  constraint redactions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The redaction that an approval is about
CREATE INDEX redactions_approval ON public.redactions USING btree (approval_id) WHERE (approval_id IS NOT NULL);
-- Those whose copies are to be looked for
CREATE INDEX redactions_due ON public.redactions USING btree (next_at) WHERE (status = 'applied'::text);
-- The redactions of a tenant, newest first
CREATE INDEX redactions_list ON public.redactions USING btree (tenant_id, id DESC);
alter table public.redactions enable row level security;
comment on table public.redactions is 'What was redacted, by whom and why; never what it said';

create table public.redrive_batch_items (
  batch_id uuid not null,
  dead_letter_id uuid not null,
  tenant_id uuid not null,
  "position" integer not null,
  status text not null default 'waiting'::text,
  not_before timestamp with time zone,
  redriven_at timestamp with time zone,
  note text,
  constraint redrive_batch_items_pkey PRIMARY KEY (batch_id, dead_letter_id),
  constraint redrive_batch_items_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES redrive_batches(id) ON DELETE CASCADE,
  constraint redrive_batch_items_dead_letter_id_fkey FOREIGN KEY (dead_letter_id) REFERENCES dead_letters(id) ON DELETE CASCADE,
  constraint redrive_batch_items_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'redriving'::text, 'succeeded'::text, 'failed'::text, 'skipped'::text])))
);
-- What a batch of redrives does next
CREATE INDEX redrive_batch_items_next ON public.redrive_batch_items USING btree (batch_id, "position") WHERE (status = ANY (ARRAY['waiting'::text, 'redriving'::text]));
alter table public.redrive_batch_items enable row level security;
comment on table public.redrive_batch_items is 'One dead letter of a batch, and what became of it';

create table public.redrive_batches (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  filter jsonb not null,
  status text not null default 'running'::text,
  total integer not null,
  max_per_minute integer not null,
  stop_percent integer,
  correlation_id uuid not null,
  traceparent text,
  created_by uuid not null,
  created_by_name text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  ended_at timestamp with time zone,
  constraint redrive_batches_pkey PRIMARY KEY (id),
  constraint redrive_batches_check CHECK (((status = 'running'::text) = (ended_at IS NULL))),
  constraint redrive_batches_max_per_minute_check CHECK (((max_per_minute >= 1) AND (max_per_minute <= 6000))),
  constraint redrive_batches_status_check CHECK ((status = ANY (ARRAY['running'::text, 'done'::text, 'stopped'::text]))),
  constraint redrive_batches_stop_percent_check CHECK (((stop_percent >= 1) AND (stop_percent <= 100))),
  constraint redrive_batches_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- A tenant's batches of redrives, newest first
CREATE INDEX redrive_batches_list ON public.redrive_batches USING btree (tenant_id, id DESC);
-- Batches of redrives that go on, for the sweep
CREATE INDEX redrive_batches_running ON public.redrive_batches USING btree (id) WHERE (status = 'running'::text);
alter table public.redrive_batches enable row level security;
comment on table public.redrive_batches is 'Dead letters that are redriven together, at a pace';

create table public.retry_budgets (
  tenant_id uuid not null,
  dependency text not null,
  tokens numeric(6,2) not null default 10,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint retry_budgets_pkey PRIMARY KEY (tenant_id, dependency),
  constraint retry_budgets_dependency_check CHECK (((length(dependency) >= 1) AND (length(dependency) <= 255))),
  constraint retry_budgets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.retry_budgets enable row level security;
comment on table public.retry_budgets is 'Tokens left for retries of calls to one dependency: a success adds a tenth, a retry takes one';

create table public.routing_policies (
  id uuid not null default app.uuid7(),
  tenant_id uuid,
  name text not null,
  version integer not null,
  body jsonb,
  note text not null,
  created_by uuid,
  created_by_name text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint routing_policies_pkey PRIMARY KEY (id),
  constraint routing_policies_body_check CHECK ((jsonb_typeof(body) = 'object'::text)),
  constraint routing_policies_created_by_name_check CHECK (((length(created_by_name) >= 1) AND (length(created_by_name) <= 200))),
  constraint routing_policies_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]{0,63}$'::text)),
  constraint routing_policies_note_check CHECK (((length(note) >= 1) AND (length(note) <= 500))),
  constraint routing_policies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint routing_policies_tenant_id_name_version_key UNIQUE NULLS NOT DISTINCT (tenant_id, name, version),
  constraint routing_policies_version_check CHECK ((version > 0))
);
CREATE TRIGGER routing_policies_version AFTER INSERT OR DELETE OR UPDATE ON public.routing_policies FOR EACH ROW EXECUTE FUNCTION app.routing_changed();
alter table public.routing_policies enable row level security;
comment on table public.routing_policies is 'Versions of the policies that models are chosen by; without a tenant: come with the product';

create table public.run_agent_hierarchy (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid not null,
  session_id uuid,
  parent_id uuid,
  step_id uuid not null,
  agent_id uuid,
  role text not null,
  depth integer not null,
  path text not null,
  metrics jsonb not null default '{}'::jsonb,
  failures integer not null default 0,
  opened_at timestamp with time zone,
  region text,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint run_agent_hierarchy_pkey PRIMARY KEY (id),
  constraint run_agent_hierarchy_check CHECK (((parent_id IS NULL) = (depth = 0))),
  constraint run_agent_hierarchy_depth_check CHECK (((depth >= 0) AND (depth <= 8))),
  constraint run_agent_hierarchy_id_run_id_tenant_id_key UNIQUE (id, run_id, tenant_id),
  constraint run_agent_hierarchy_parent_id_run_id_tenant_id_fkey FOREIGN KEY (parent_id, run_id, tenant_id) REFERENCES run_agent_hierarchy(id, run_id, tenant_id),
  constraint run_agent_hierarchy_role_check CHECK ((role = ANY (ARRAY['lead'::text, 'doer'::text, 'reviewer'::text, 'worker'::text, 'member'::text, 'merger'::text]))),
  constraint run_agent_hierarchy_step_id_key UNIQUE (step_id),
  constraint run_agent_hierarchy_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
) with (fillfactor=80);
-- Where an agent has worked
CREATE INDEX run_agent_hierarchy_agent ON public.run_agent_hierarchy USING btree (tenant_id, agent_id, id DESC) WHERE (agent_id IS NOT NULL);
-- What is below a node
CREATE INDEX run_agent_hierarchy_parent ON public.run_agent_hierarchy USING btree (parent_id) WHERE (parent_id IS NOT NULL);
-- The tree of a run in the order in which it is read
CREATE UNIQUE INDEX run_agent_hierarchy_tree ON public.run_agent_hierarchy USING btree (run_id, ((path || '/'::text)) COLLATE "C");
alter table public.run_agent_hierarchy enable row level security;
comment on table public.run_agent_hierarchy is 'Who works below whom in a run: sessions, and steps that were spawned';

create table public.run_agent_hierarchy_history (
  id uuid not null,
  tenant_id uuid not null,
  run_id uuid not null,
  session_id uuid,
  parent_id uuid,
  step_id uuid not null,
  agent_id uuid,
  role text not null,
  depth integer not null,
  path text not null,
  metrics jsonb not null,
  failures integer not null,
  opened_at timestamp with time zone,
  region text,
  created_at timestamp with time zone not null,
  constraint run_agent_hierarchy_history_pkey PRIMARY KEY (id)
);
-- As run_agent_hierarchy_tree
CREATE INDEX run_agent_hierarchy_history_tree ON public.run_agent_hierarchy_history USING btree (run_id, ((path || '/'::text)) COLLATE "C");
alter table public.run_agent_hierarchy_history enable row level security;
comment on table public.run_agent_hierarchy_history is 'Of runs that have moved to history: as run_agent_hierarchy';

create table public.runs (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  plan_id uuid,
  status text not null default 'queued'::text,
  compensation text not null default 'none'::text,
  workspace text,
  workspace_run uuid,
  forked_from uuid,
  redrive_of uuid,
  compensate boolean not null default true,
  undo_order text not null default 'completion'::text,
  outcome text,
  cancel_requested_at timestamp with time zone,
  paused_at timestamp with time zone,
  step_count integer not null,
  steps_left integer not null,
  steps_failed integer not null default 0,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  created_by_type text not null,
  created_by text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  title text,
  task_key text,
  schedule_id uuid,
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_valid CHECK (engine.is_run(status, finished_at, compensation, outcome, steps_left, undo_order, plan_id, title, task_key))
) with (fillfactor=60, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=20000, autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=100000, autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=2000);
-- A tenant's failed and cancelled runs, newest first
CREATE INDEX runs_bad ON public.runs USING btree (tenant_id, id DESC) WHERE (status = ANY (ARRAY['failed'::text, 'cancelled'::text]));
-- A tenant's runs that are due for the history, oldest first
CREATE INDEX runs_finished ON public.runs USING btree (tenant_id, finished_at) WHERE (finished_at IS NOT NULL);
-- What was forked from a run: its family moves to the history whole
CREATE INDEX runs_forks ON public.runs USING btree (forked_from) WHERE (forked_from IS NOT NULL);
-- A tenant's runs, newest first
CREATE INDEX runs_list ON public.runs USING btree (tenant_id, id DESC);
-- A tenant's runs of plans, newest first, however many tasks lie between
CREATE INDEX runs_of_plans ON public.runs USING btree (tenant_id, id DESC) WHERE (plan_id IS NOT NULL);
-- The runs of a plan, newest first
CREATE INDEX runs_plan ON public.runs USING btree (plan_id, id DESC) WHERE (plan_id IS NOT NULL);
-- The runs of a schedule, newest first
CREATE INDEX runs_schedule ON public.runs USING btree (schedule_id, id DESC) WHERE (schedule_id IS NOT NULL);
-- A second task of the same key is the first one
CREATE UNIQUE INDEX runs_task_key ON public.runs USING btree (tenant_id, task_key) WHERE (task_key IS NOT NULL);
-- The runs that share the workspace of another
CREATE INDEX runs_workspace ON public.runs USING btree (workspace_run) WHERE (workspace_run IS NOT NULL);
alter table public.runs enable row level security;
comment on table public.runs is 'One execution of one plan version, or of one task';

create table public.runs_history (
  id uuid not null,
  tenant_id uuid not null,
  plan_id uuid,
  status text not null,
  compensation text not null,
  workspace text,
  workspace_run uuid,
  forked_from uuid,
  redrive_of uuid,
  compensate boolean not null,
  undo_order text not null,
  outcome text,
  cancel_requested_at timestamp with time zone,
  paused_at timestamp with time zone,
  step_count integer not null,
  steps_left integer not null,
  steps_failed integer not null,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  created_by_type text not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  title text,
  task_key text,
  schedule_id uuid,
  constraint runs_history_pkey PRIMARY KEY (id)
);
-- A tenant's archived runs that are due for deletion, oldest first
CREATE INDEX runs_history_age ON public.runs_history USING btree (tenant_id, finished_at);
-- As runs_bad
CREATE INDEX runs_history_bad ON public.runs_history USING btree (tenant_id, id DESC) WHERE (status = ANY (ARRAY['failed'::text, 'cancelled'::text]));
-- What was forked from an archived run: a family comes back whole
CREATE INDEX runs_history_forks ON public.runs_history USING btree (forked_from) WHERE (forked_from IS NOT NULL);
-- As runs_list
CREATE INDEX runs_history_list ON public.runs_history USING btree (tenant_id, id DESC);
-- As runs_of_plans
CREATE INDEX runs_history_of_plans ON public.runs_history USING btree (tenant_id, id DESC) WHERE (plan_id IS NOT NULL);
-- As runs_plan
CREATE INDEX runs_history_plan ON public.runs_history USING btree (plan_id, id DESC) WHERE (plan_id IS NOT NULL);
-- As runs_schedule
CREATE INDEX runs_history_schedule ON public.runs_history USING btree (schedule_id, id DESC) WHERE (schedule_id IS NOT NULL);
alter table public.runs_history enable row level security;
comment on table public.runs_history is 'Of runs that have moved to history: as runs';

create table public.schedule_firings (
  schedule_id uuid not null,
  occurrence timestamp with time zone not null,
  tenant_id uuid not null,
  outcome text not null,
  run_id uuid,
  occurrences integer not null default 1,
  through timestamp with time zone,
  error text,
  fired_at timestamp with time zone not null default clock_timestamp(),
  by_term bigint,
  by_member uuid,
  constraint schedule_firings_pkey PRIMARY KEY (schedule_id, occurrence),
  constraint schedule_firings_check CHECK (((outcome = 'fired'::text) = (run_id IS NOT NULL))),
  constraint schedule_firings_check1 CHECK (((by_term IS NULL) <> (by_member IS NULL))),
  constraint schedule_firings_error_check CHECK ((length(error) <= 1000)),
  constraint schedule_firings_occurrences_check CHECK ((occurrences > 0)),
  constraint schedule_firings_outcome_check CHECK ((outcome = ANY (ARRAY['fired'::text, 'skipped_overlap'::text, 'missed'::text, 'failed'::text]))),
  constraint schedule_firings_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES schedules(id) ON DELETE CASCADE
);
-- Old firings, for the prune
CREATE INDEX schedule_firings_age ON public.schedule_firings USING btree (fired_at);
alter table public.schedule_firings enable row level security;
comment on table public.schedule_firings is 'One row an instant of a schedule: what became of it. Kept for 90 days';

create table public.schedule_people (
  schedule_id uuid not null,
  user_id uuid not null,
  tenant_id uuid not null,
  via text not null,
  at timestamp with time zone not null default clock_timestamp(),
  constraint schedule_people_pkey PRIMARY KEY (schedule_id, user_id),
  constraint schedule_people_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.schedule_people enable row level security;
comment on table public.schedule_people is 'Who made a schedule, and who said what it starts; kept when it is removed';

create table public.schedules (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  name text not null,
  cron text,
  time_zone text not null default 'UTC'::text,
  every_seconds integer,
  anchor_at timestamp with time zone not null default date_trunc('second'::text, clock_timestamp()),
  asked jsonb not null,
  task jsonb not null,
  overlap text not null default 'allow'::text,
  missed text not null default 'catch_up'::text,
  catch_up integer not null default 1,
  jitter_seconds integer not null default 0,
  status text not null default 'active'::text,
  paused_reason text,
  next_at timestamp with time zone,
  last_at timestamp with time zone,
  last_run uuid,
  misses bigint not null default 0,
  version integer not null default 1,
  created_by uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  changed_at timestamp with time zone not null default clock_timestamp(),
  constraint schedules_pkey PRIMARY KEY (id),
  constraint schedules_catch_up_check CHECK (((catch_up >= 1) AND (catch_up <= 100))),
  constraint schedules_check CHECK (((cron IS NULL) <> (every_seconds IS NULL))),
  constraint schedules_check1 CHECK (((status = 'paused'::text) = (paused_reason IS NOT NULL))),
  constraint schedules_check2 CHECK (((status = 'active'::text) OR (next_at IS NULL))),
  constraint schedules_cron_check CHECK (((length(cron) >= 1) AND (length(cron) <= 200))),
  constraint schedules_every_seconds_check CHECK (((every_seconds >= 1) AND (every_seconds <= 31536000))),
  constraint schedules_jitter_seconds_check CHECK (((jitter_seconds >= 0) AND (jitter_seconds <= 3600))),
  constraint schedules_missed_check CHECK ((missed = ANY (ARRAY['skip'::text, 'catch_up'::text]))),
  constraint schedules_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,127}$'::text)),
  constraint schedules_overlap_check CHECK ((overlap = ANY (ARRAY['allow'::text, 'skip'::text]))),
  constraint schedules_paused_reason_check CHECK (((length(paused_reason) >= 1) AND (length(paused_reason) <= 500))),
  constraint schedules_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text]))),
  constraint schedules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint schedules_tenant_id_name_key UNIQUE (tenant_id, name),
  constraint schedules_time_zone_check CHECK (((length(time_zone) >= 1) AND (length(time_zone) <= 100)))
);
-- Schedules that are due
CREATE INDEX schedules_due ON public.schedules USING btree (next_at) WHERE (next_at IS NOT NULL);
-- A tenant's schedules, newest first
CREATE INDEX schedules_list ON public.schedules USING btree (tenant_id, id DESC);
CREATE TRIGGER schedules_changed AFTER UPDATE OF task ON public.schedules FOR EACH ROW WHEN ((old.task IS DISTINCT FROM new.task)) EXECUTE FUNCTION app.note_schedule_person();
CREATE TRIGGER schedules_made AFTER INSERT ON public.schedules FOR EACH ROW EXECUTE FUNCTION app.note_schedule_person();
alter table public.schedules enable row level security;
comment on table public.schedules is 'What begins by the clock: a timetable, the task that it starts, and how far it has come';

create table public.secure_key_versions (
  id uuid not null,
  key_id uuid not null,
  tenant_id uuid not null,
  version integer not null,
  jwe jsonb,
  kek text,
  hint text not null,
  created_by uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  usable_until timestamp with time zone,
  constraint secure_key_versions_pkey PRIMARY KEY (id),
  constraint secure_key_versions_check CHECK (((jwe IS NULL) = (kek IS NULL))),
  constraint secure_key_versions_check1 CHECK (((jwe IS NULL) OR (((jwe -> 'header'::text) ->> 'kid'::text) = kek))),
  constraint secure_key_versions_hint_check CHECK ((length(hint) <= 4)),
  constraint secure_key_versions_jwe_check CHECK ((jwe ?& ARRAY['protected'::text, 'header'::text, 'encrypted_key'::text, 'iv'::text, 'ciphertext'::text, 'tag'::text, 'aad'::text])),
  constraint secure_key_versions_key_id_fkey FOREIGN KEY (key_id) REFERENCES secure_keys(id) ON DELETE CASCADE,
  constraint secure_key_versions_key_id_version_key UNIQUE (key_id, version),
  constraint secure_key_versions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint secure_key_versions_version_check CHECK ((version > 0))
);
-- Secrets whose overlap is over, to be destroyed
CREATE INDEX secure_key_versions_ended ON public.secure_key_versions USING btree (usable_until) WHERE ((usable_until IS NOT NULL) AND (jwe IS NOT NULL));
-- What is still under an older KEK
CREATE INDEX secure_key_versions_kek ON public.secure_key_versions USING btree (kek, id) WHERE (kek IS NOT NULL);
alter table public.secure_key_versions enable row level security;
comment on table public.secure_key_versions is 'Encrypted secrets. No role reads this table: app.use_key hands out one at a time and notes it';

create table public.secure_keys (
  id uuid not null,
  tenant_id uuid not null,
  provider text not null,
  name text not null,
  version integer not null,
  status text not null default 'active'::text,
  note text not null default ''::text,
  created_at timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint secure_keys_pkey PRIMARY KEY (id),
  constraint secure_keys_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint secure_keys_note_check CHECK ((length(note) <= 500)),
  constraint secure_keys_provider_check CHECK ((provider ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint secure_keys_status_check CHECK ((status = ANY (ARRAY['active'::text, 'retired'::text]))),
  constraint secure_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint secure_keys_version_check CHECK ((version > 0))
);
-- Lookup by fields; one active key a name
CREATE UNIQUE INDEX secure_keys_active ON public.secure_keys USING btree (tenant_id, provider, name) WHERE (status = 'active'::text);
alter table public.secure_keys enable row level security;
comment on table public.secure_keys is 'Keys of model providers by tenant, provider and name; their secrets are in secure_key_versions';

create table public.secure_keys_audit (
  seq bigint not null generated always as identity,
  tenant_id uuid not null,
  key_id uuid not null,
  version integer not null,
  provider text not null,
  name text not null,
  action text not null,
  actor_type text not null,
  actor_id text not null,
  run_id uuid,
  step_id uuid,
  purpose text not null default ''::text,
  digest text,
  overlap_until timestamp with time zone,
  kek text,
  at timestamp with time zone not null default clock_timestamp(),
  constraint secure_keys_audit_pkey PRIMARY KEY (seq),
  constraint secure_keys_audit_action_check CHECK ((action = ANY (ARRAY['put'::text, 'rotated'::text, 'retired'::text, 'destroyed'::text, 'used'::text, 'refused'::text, 'rewrapped'::text]))),
  constraint secure_keys_audit_actor_type_check CHECK ((actor_type = ANY (ARRAY['member'::text, 'agent'::text, 'worker'::text, 'system'::text]))),
  constraint secure_keys_audit_check CHECK (((digest IS NOT NULL) = (action = ANY (ARRAY['put'::text, 'rotated'::text])))),
  constraint secure_keys_audit_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  constraint secure_keys_audit_purpose_check CHECK ((length(purpose) <= 200))
);
-- What is in force by name
CREATE INDEX secure_keys_audit_head ON public.secure_keys_audit USING btree (tenant_id, provider, name, seq DESC) WHERE (action = ANY (ARRAY['put'::text, 'rotated'::text, 'retired'::text]));
-- Who touched one key, newest first
CREATE INDEX secure_keys_audit_key ON public.secure_keys_audit USING btree (key_id, seq DESC);
-- Who touched keys of a tenant, newest first
CREATE INDEX secure_keys_audit_list ON public.secure_keys_audit USING btree (tenant_id, seq DESC);
-- What was put there
CREATE INDEX secure_keys_audit_written ON public.secure_keys_audit USING btree (key_id, version) WHERE (action = ANY (ARRAY['put'::text, 'rotated'::text]));
CREATE TRIGGER secure_keys_audit_append_only BEFORE DELETE OR UPDATE ON public.secure_keys_audit FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER secure_keys_audit_kept BEFORE TRUNCATE ON public.secure_keys_audit FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
alter table public.secure_keys_audit enable row level security;
comment on table public.secure_keys_audit is 'Append-only for every role: each change and each use of a key, who, for which run and step, what for';

create table public.step_dependencies (
  step_id uuid not null,
  depends_on uuid not null,
  tenant_id uuid not null,
  required boolean not null default true,
  constraint step_dependencies_pkey PRIMARY KEY (depends_on, step_id)
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=50000, autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=2000);
-- What a step depends on: what its executor is told of, and what the page draws
CREATE INDEX step_dependencies_of ON public.step_dependencies USING btree (step_id);
alter table public.step_dependencies enable row level security;
comment on table public.step_dependencies is 'Edges of a run; read from depends_on when a step succeeds';

create table public.step_dependencies_history (
  step_id uuid not null,
  depends_on uuid not null,
  tenant_id uuid not null,
  required boolean not null,
  constraint step_dependencies_history_pkey PRIMARY KEY (step_id, depends_on)
);
alter table public.step_dependencies_history enable row level security;
comment on table public.step_dependencies_history is 'Of runs that have moved to history: as step_dependencies';

create table public.step_logs (
  id bigint not null generated always as identity,
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  epoch bigint not null,
  seq integer not null,
  at timestamp with time zone not null,
  stream text not null,
  text text not null,
  constraint step_logs_pkey PRIMARY KEY (id),
  constraint step_logs_step_id_epoch_seq_key UNIQUE (step_id, epoch, seq),
  constraint step_logs_stream_check CHECK ((stream = ANY (ARRAY['stdout'::text, 'stderr'::text, 'log'::text, 'system'::text]))),
  constraint step_logs_text_check CHECK ((length(text) <= 16384))
);
-- The log of a run, in order
CREATE INDEX step_logs_run ON public.step_logs USING btree (run_id, id);
alter table public.step_logs enable row level security;
comment on table public.step_logs is 'What a step printed, line by line';

create table public.step_logs_history (
  id bigint not null,
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  epoch bigint not null,
  seq integer not null,
  at timestamp with time zone not null,
  stream text not null,
  text text not null,
  constraint step_logs_history_pkey PRIMARY KEY (id)
);
-- As step_logs_run
CREATE INDEX step_logs_history_run ON public.step_logs_history USING btree (run_id, id);
alter table public.step_logs_history enable row level security;
comment on table public.step_logs_history is 'Of runs that have moved to history: as step_logs';

create table public.steps (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid not null,
  plan_step_id uuid,
  parent_step_id uuid,
  name text not null,
  title text not null,
  kind text not null,
  kind_version smallint not null default 1,
  handler text generated always as (((kind || '@'::text) || kind_version)) stored,
  executor text not null,
  capability text,
  queue text not null default 'default'::text,
  priority smallint not null,
  "position" integer not null,
  arguments jsonb not null,
  token text not null,
  sensitive boolean not null default false,
  undo jsonb,
  pivot boolean not null default false,
  undo_of uuid,
  kept_from uuid,
  status text not null default 'queued'::text,
  holds integer not null default 0,
  deps_left integer not null default 0,
  run_at timestamp with time zone not null default clock_timestamp(),
  epoch bigint not null default 0,
  lease_owner text,
  lease_until timestamp with time zone,
  cancel_requested_at timestamp with time zone,
  failures integer not null default 0,
  crashes integer not null default 0,
  max_failures integer not null default 3,
  max_crashes integer not null default 3,
  deadline_ms bigint not null default 86400000,
  deadline_at timestamp with time zone,
  held_at timestamp with time zone,
  children_left integer not null default 0,
  progress jsonb,
  output jsonb,
  error jsonb,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  created_at timestamp with time zone not null default clock_timestamp(),
  started_at timestamp with time zone,
  finalised_at timestamp with time zone,
  claimed_at timestamp with time zone,
  preferred_agent_id uuid,
  preferred_until timestamp with time zone,
  constraint steps_pkey PRIMARY KEY (id),
  constraint steps_run_id_name_key UNIQUE (run_id, name),
  constraint steps_valid CHECK (engine.is_step(status, finalised_at, lease_until, executor, holds, deps_left, children_left, deadline_ms))
) with (fillfactor=70, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=20000, autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=100000, autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=2000, autovacuum_vacuum_cost_delay=0);
-- Claims of agents: the groups of what they can do by skip scan, and a group in order from its head
CREATE INDEX steps_claim_agent ON public.steps USING btree (tenant_id, capability, queue, handler, priority, GREATEST(run_at, preferred_until), id) WHERE ((status = 'queued'::text) AND (holds = 0) AND (executor = 'agent'::text));
-- Claims of steps that one more crash would end, one at a time a worker
CREATE INDEX steps_claim_suspect ON public.steps USING btree (queue, priority, run_at, id) WHERE ((status = 'queued'::text) AND (holds = 0) AND (executor = 'worker'::text) AND (crashes > 0) AND ((crashes + 1) >= max_crashes));
-- Claims of workers: the heads of groups (tenant, handler, priority) by skip scan, and a group in order from its head; depth of queues
CREATE INDEX steps_claim_worker ON public.steps USING btree (queue, tenant_id, handler, priority, run_at, id) WHERE ((status = 'queued'::text) AND (holds = 0) AND (executor = 'worker'::text) AND ((crashes = 0) OR ((crashes + 1) < max_crashes)));
-- Claimable steps past their deadline, for the sweep
CREATE INDEX steps_deadline ON public.steps USING btree (deadline_at) WHERE ((status = 'queued'::text) AND (holds = 0) AND (deadline_at IS NOT NULL));
-- Queued steps on hold, by tenant and queue: ceilings at admission, metrics
CREATE INDEX steps_held ON public.steps USING btree (tenant_id, queue) WHERE ((status = 'queued'::text) AND (holds <> 0));
-- What agents hold
CREATE INDEX steps_held_by_agent ON public.steps USING btree (tenant_id, lease_owner, capability) WHERE ((executor = 'agent'::text) AND (status = ANY (ARRAY['assigned'::text, 'running'::text])));
-- Whether a worker holds a step that one more crash would end
CREATE INDEX steps_held_suspect ON public.steps USING btree (lease_owner) WHERE ((status = ANY (ARRAY['assigned'::text, 'running'::text])) AND (crashes > 0));
-- Steps of forks that stand for a step of the source, before that one is archived or deleted
CREATE INDEX steps_kept ON public.steps USING btree (kept_from) WHERE (kept_from IS NOT NULL);
-- Leases that have run out, for the sweep; what runs, for limits and metrics
CREATE INDEX steps_lease ON public.steps USING btree (lease_until) WHERE (status = ANY (ARRAY['assigned'::text, 'running'::text]));
-- Children of a step: to end with it, to wake it, to show them
CREATE INDEX steps_of_parent ON public.steps USING btree (parent_step_id) WHERE (parent_step_id IS NOT NULL);
-- The newest step of a plan step, for the page of a plan and the backlog
CREATE INDEX steps_of_plan_step ON public.steps USING btree (plan_step_id, id DESC) WHERE (plan_step_id IS NOT NULL);
-- Claimable steps that are meant for one agent
CREATE INDEX steps_preferred ON public.steps USING btree (tenant_id, preferred_agent_id, capability, queue, handler, priority, run_at, id) WHERE ((status = 'queued'::text) AND (holds = 0) AND (executor = 'agent'::text) AND (preferred_agent_id IS NOT NULL));
CREATE TRIGGER steps_session_ended AFTER UPDATE OF status ON public.steps FOR EACH ROW WHEN (((new.kind = 'session'::text) AND (new.finalised_at IS NOT NULL) AND (old.finalised_at IS NULL))) EXECUTE FUNCTION engine.session_step_ended();
alter table public.steps enable row level security;
comment on table public.steps is 'One node of a run: the unit that is queued, leased, executed, retried';

create table public.steps_history (
  id uuid not null,
  tenant_id uuid not null,
  run_id uuid not null,
  plan_step_id uuid,
  parent_step_id uuid,
  name text not null,
  title text not null,
  kind text not null,
  kind_version smallint not null,
  handler text,
  executor text not null,
  capability text,
  queue text not null,
  priority smallint not null,
  "position" integer not null,
  arguments jsonb not null,
  token text not null,
  sensitive boolean not null,
  undo jsonb,
  pivot boolean not null,
  undo_of uuid,
  kept_from uuid,
  status text not null,
  holds integer not null,
  deps_left integer not null,
  run_at timestamp with time zone not null,
  epoch bigint not null,
  lease_owner text,
  lease_until timestamp with time zone,
  cancel_requested_at timestamp with time zone,
  failures integer not null,
  crashes integer not null,
  max_failures integer not null,
  max_crashes integer not null,
  deadline_ms bigint not null,
  deadline_at timestamp with time zone,
  held_at timestamp with time zone,
  children_left integer not null,
  progress jsonb,
  output jsonb,
  error jsonb,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  created_at timestamp with time zone not null,
  started_at timestamp with time zone,
  finalised_at timestamp with time zone,
  claimed_at timestamp with time zone,
  preferred_agent_id uuid,
  preferred_until timestamp with time zone,
  constraint steps_history_pkey PRIMARY KEY (id)
);
-- As steps_of_plan_step
CREATE INDEX steps_history_plan_step ON public.steps_history USING btree (plan_step_id, id DESC) WHERE (plan_step_id IS NOT NULL);
-- The steps of an archived run in their order
CREATE INDEX steps_history_run ON public.steps_history USING btree (run_id, "position");
alter table public.steps_history enable row level security;
comment on table public.steps_history is 'Of runs that have moved to history: as steps';

create table public.storage_deletions (
  path text not null,
  tenant_id uuid not null,
  attempts integer not null default 0,
  next_at timestamp with time zone not null default clock_timestamp(),
  constraint storage_deletions_pkey PRIMARY KEY (path),
  constraint storage_deletions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- Files to remove, the longest due first
CREATE INDEX storage_deletions_due ON public.storage_deletions USING btree (next_at);
alter table public.storage_deletions enable row level security;
comment on table public.storage_deletions is 'Files of artifacts to be removed from storage, each asked for until it is gone';

create table public.strategy_decisions (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid,
  step_id uuid,
  capability text not null,
  segment text not null,
  strategy text not null,
  held_out boolean not null,
  level text not null,
  open smallint not null,
  probability double precision not null,
  hold_out double precision not null,
  success_usd double precision not null,
  hour_usd double precision not null,
  reason text not null,
  numbers jsonb not null,
  agents jsonb not null default '[]'::jsonb,
  decided_at timestamp with time zone not null default clock_timestamp(),
  constraint strategy_decisions_pkey PRIMARY KEY (id),
  constraint strategy_decisions_capability_check CHECK ((capability ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text)),
  constraint strategy_decisions_hold_out_check CHECK (((hold_out >= (0)::double precision) AND (hold_out <= (0.5)::double precision))),
  constraint strategy_decisions_level_check CHECK ((level = ANY (ARRAY['segment'::text, 'capability'::text, 'tenant'::text, 'prior'::text]))),
  constraint strategy_decisions_open_check CHECK (((open >= 1) AND (open <= 4))),
  constraint strategy_decisions_probability_check CHECK (((probability >= (0)::double precision) AND (probability <= (1)::double precision))),
  constraint strategy_decisions_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 2000))),
  constraint strategy_decisions_strategy_check CHECK ((strategy = ANY (ARRAY['solo'::text, 'pair'::text, 'hierarchical'::text, 'swarm'::text]))),
  constraint strategy_decisions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- Choices of a tenant, newest first
CREATE INDEX strategy_decisions_list ON public.strategy_decisions USING btree (tenant_id, id DESC);
-- Why a step has its strategy and agents
CREATE INDEX strategy_decisions_step ON public.strategy_decisions USING btree (step_id) WHERE (step_id IS NOT NULL);
alter table public.strategy_decisions enable row level security;
comment on table public.strategy_decisions is 'Which strategy was chosen, why, and by which numbers';

create table public.strategy_outcomes (
  decision_id uuid not null,
  tenant_id uuid not null,
  succeeded boolean not null,
  seconds double precision not null,
  cost_pico numeric(40,0) not null,
  reward double precision,
  noted_at timestamp with time zone not null default clock_timestamp(),
  learnt boolean not null default false,
  constraint strategy_outcomes_pkey PRIMARY KEY (decision_id),
  constraint strategy_outcomes_cost_pico_check CHECK ((cost_pico >= (0)::numeric)),
  constraint strategy_outcomes_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES strategy_decisions(id) ON DELETE CASCADE,
  constraint strategy_outcomes_reward_check CHECK (((reward >= (0)::double precision) AND (reward <= (1)::double precision))),
  constraint strategy_outcomes_seconds_check CHECK ((seconds >= (0)::double precision)),
  constraint strategy_outcomes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- Outcomes of a tenant, by the newest choice
CREATE INDEX strategy_outcomes_list ON public.strategy_outcomes USING btree (tenant_id, decision_id DESC);
-- What is still to be learnt from
CREATE INDEX strategy_outcomes_new ON public.strategy_outcomes USING btree (tenant_id, noted_at, decision_id) WHERE (NOT learnt);
alter table public.strategy_outcomes enable row level security;
comment on table public.strategy_outcomes is 'How choices of a strategy ended, each once';

create table public.strategy_statistics (
  tenant_id uuid not null,
  level_key text not null,
  state jsonb not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint strategy_statistics_pkey PRIMARY KEY (tenant_id, level_key),
  constraint strategy_statistics_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
) with (fillfactor=50);
alter table public.strategy_statistics enable row level security;
comment on table public.strategy_statistics is 'What was learnt of strategies, one row of constant size a level';

create table public.tenant_settings (
  tenant_id uuid not null,
  key text not null,
  value jsonb not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint tenant_settings_pkey PRIMARY KEY (tenant_id, key),
  constraint tenant_settings_key_check CHECK ((key = ANY (ARRAY['shell'::text, 'retention'::text, 'budgets'::text, 'compliance'::text, 'model_endpoint'::text, 'time_zone'::text, 'messages'::text]))),
  constraint tenant_settings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.tenant_settings enable row level security;
comment on table public.tenant_settings is 'Settings of a tenant; shell: "off" | "trusted" | "sandboxed"; retention: see app.retention; budgets, compliance: what gates judge by; model_endpoint: what is kept of calls of models';

create table public.tenants (
  id uuid not null default app.uuid7(),
  slug text not null,
  name text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  operates_plane boolean not null default false,
  constraint tenants_pkey PRIMARY KEY (id),
  constraint tenants_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint tenants_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text)),
  constraint tenants_slug_key UNIQUE (slug)
);
alter table public.tenants enable row level security;
comment on table public.tenants is 'The unit of isolation; everything belongs to one';

create table public.tool_runs (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  epoch bigint not null,
  name text not null,
  tool text not null,
  tool_version text not null,
  arguments_digest text not null,
  grant_id uuid,
  agent_id text not null,
  status text not null default 'intended'::text,
  result_digest text,
  error_code text,
  intended_at timestamp with time zone not null default clock_timestamp(),
  ended_at timestamp with time zone,
  constraint tool_runs_pkey PRIMARY KEY (id),
  constraint tool_runs_check CHECK (((status = 'intended'::text) = (ended_at IS NULL))),
  constraint tool_runs_error_code_check CHECK ((length(error_code) <= 64)),
  constraint tool_runs_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint tool_runs_status_check CHECK ((status = ANY (ARRAY['intended'::text, 'succeeded'::text, 'failed'::text, 'unknown'::text]))),
  constraint tool_runs_step_id_name_key UNIQUE (step_id, name),
  constraint tool_runs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
-- The uses of a tool, newest first
CREATE INDEX tool_runs_list ON public.tool_runs USING btree (tenant_id, tool, id DESC);
-- What a run did with tools
CREATE INDEX tool_runs_run ON public.tool_runs USING btree (run_id, id);
alter table public.tool_runs enable row level security;
comment on table public.tool_runs is 'Intent before, result after: one row a use of a tool. An intent whose executor was lost is unknown, and never tried blindly';

create table public.uploads (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  purpose text not null,
  path text not null,
  content_type text not null,
  size bigint not null,
  created_by uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint uploads_pkey PRIMARY KEY (id),
  constraint uploads_path_key UNIQUE (path),
  constraint uploads_purpose_check CHECK ((purpose = 'backlog'::text)),
  constraint uploads_size_check CHECK ((size > 0)),
  constraint uploads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
alter table public.uploads enable row level security;
comment on table public.uploads is 'Bodies too large for a request: announced here, sent to storage by a signed URL';

create table public.usage_counters (
  tenant_id uuid not null,
  starts_at timestamp with time zone not null,
  agent_id uuid,
  model text,
  calls bigint not null default 0,
  tokens bigint not null default 0,
  cost_pico numeric(40,0) not null default 0,
  overruns bigint not null default 0,
  late bigint not null default 0,
  constraint usage_counters_once UNIQUE NULLS NOT DISTINCT (tenant_id, starts_at, agent_id, model),
  constraint usage_counters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
) with (fillfactor=50);
alter table public.usage_counters enable row level security;
comment on table public.usage_counters is 'What was used by the hour, agent and model: what gates and the usage page read';

create table public.waits (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  name text not null,
  option text not null,
  "position" smallint not null,
  kind text not null,
  topic text,
  key text,
  due_at timestamp with time zone,
  question jsonb,
  approval_id uuid,
  status text not null default 'open'::text,
  payload jsonb,
  source uuid,
  created_at timestamp with time zone not null default clock_timestamp(),
  ended_at timestamp with time zone,
  upto integer not null default 0,
  children text[],
  constraint waits_pkey PRIMARY KEY (id),
  constraint waits_check CHECK (((status = 'open'::text) = (ended_at IS NULL))),
  constraint waits_check1 CHECK (((kind <> 'timer'::text) OR (due_at IS NOT NULL))),
  constraint waits_check2 CHECK (((kind <> ALL (ARRAY['event'::text, 'message'::text])) OR (topic IS NOT NULL))),
  constraint waits_check3 CHECK (((kind <> 'approval'::text) OR (approval_id IS NOT NULL))),
  constraint waits_children_check CHECK (((cardinality(children) >= 1) AND (cardinality(children) <= 1000))),
  constraint waits_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
  constraint waits_kind_check CHECK ((kind = ANY (ARRAY['timer'::text, 'event'::text, 'message'::text, 'children'::text, 'person'::text, 'approval'::text]))),
  constraint waits_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint waits_option_check CHECK (((length(option) >= 1) AND (length(option) <= 64))),
  constraint waits_status_check CHECK ((status = ANY (ARRAY['open'::text, 'met'::text, 'lost'::text, 'cancelled'::text]))),
  constraint waits_step_id_name_option_key UNIQUE (step_id, name, option),
  constraint waits_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint waits_topic_check CHECK (((length(topic) >= 1) AND (length(topic) <= 128))),
  constraint waits_upto_check CHECK ((upto >= 0))
);
-- The wait of a question; one each
CREATE UNIQUE INDEX waits_approvals ON public.waits USING btree (approval_id) WHERE (approval_id IS NOT NULL);
-- Who waits for an event, by topic and key
CREATE INDEX waits_events ON public.waits USING btree (tenant_id, topic, key) WHERE ((status = 'open'::text) AND (kind = 'event'::text));
-- Of the options of a wait one is met
CREATE UNIQUE INDEX waits_met_once ON public.waits USING btree (step_id, name) WHERE (status = 'met'::text);
-- What a tenant's steps wait for
CREATE INDEX waits_open ON public.waits USING btree (tenant_id, id) WHERE (ended_at IS NULL);
-- The waits of a run, for its page and its archive
CREATE INDEX waits_run ON public.waits USING btree (run_id, id);
-- Timers that are due, for the sweep
CREATE INDEX waits_timers ON public.waits USING btree (due_at) WHERE ((status = 'open'::text) AND (kind = 'timer'::text));
alter table public.waits enable row level security;
comment on table public.waits is 'What steps wait for: one row an option, the first that is met answers';

create table public.waits_history (
  id uuid not null,
  tenant_id uuid not null,
  run_id uuid not null,
  step_id uuid not null,
  name text not null,
  option text not null,
  "position" smallint not null,
  kind text not null,
  topic text,
  key text,
  due_at timestamp with time zone,
  question jsonb,
  approval_id uuid,
  status text not null,
  payload jsonb,
  source uuid,
  created_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  upto integer not null,
  children text[],
  constraint waits_history_pkey PRIMARY KEY (id)
);
-- A tenant's waits of archived runs
CREATE INDEX waits_history_list ON public.waits_history USING btree (tenant_id, id);
-- As waits_run
CREATE INDEX waits_history_run ON public.waits_history USING btree (run_id, id);
alter table public.waits_history enable row level security;
comment on table public.waits_history is 'Of runs that have moved to history: as waits';

create table public.webhook_cursors (
  webhook_id uuid not null,
  tenant_id uuid not null,
  seq bigint not null,
  attempts integer not null default 0,
  next_at timestamp with time zone not null default clock_timestamp(),
  failing_since timestamp with time zone,
  leased_by text,
  lease_until timestamp with time zone,
  version bigint not null default 0,
  digest_to bigint,
  constraint webhook_cursors_pkey PRIMARY KEY (webhook_id),
  constraint webhook_cursors_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint webhook_cursors_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE
);
-- Webhooks whose turn it is
CREATE INDEX webhook_cursors_due ON public.webhook_cursors USING btree (next_at);
alter table public.webhook_cursors enable row level security;
comment on table public.webhook_cursors is 'How far each endpoint has been told, and who is telling it';

create table public.webhook_deliveries (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  webhook_id uuid not null,
  event_id uuid not null,
  type text not null,
  seq bigint not null,
  attempt integer not null,
  status text not null,
  http_status integer,
  error text,
  took_ms integer not null,
  at timestamp with time zone not null default clock_timestamp(),
  constraint webhook_deliveries_pkey PRIMARY KEY (id),
  constraint webhook_deliveries_error_check CHECK ((length(error) <= 1000)),
  constraint webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['delivered'::text, 'failed'::text]))),
  constraint webhook_deliveries_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE
);
-- Old deliveries, for the prune
CREATE INDEX webhook_deliveries_age ON public.webhook_deliveries USING btree (at);
-- The deliveries of a webhook, newest first
CREATE INDEX webhook_deliveries_list ON public.webhook_deliveries USING btree (webhook_id, id DESC);
alter table public.webhook_deliveries enable row level security;
comment on table public.webhook_deliveries is 'One row an attempt, kept for 30 days';

create table public.webhook_secrets (
  webhook_id uuid not null,
  tenant_id uuid not null,
  secret text,
  previous text,
  previous_until timestamp with time zone,
  url text,
  constraint webhook_secrets_pkey PRIMARY KEY (webhook_id),
  constraint webhook_secrets_check CHECK (((previous IS NULL) = (previous_until IS NULL))),
  constraint webhook_secrets_one CHECK (((secret IS NOT NULL) OR (url IS NOT NULL))),
  constraint webhook_secrets_previous_check CHECK ((previous ~~ 'whsec\_%'::text)),
  constraint webhook_secrets_secret_check CHECK ((secret ~~ 'whsec\_%'::text)),
  constraint webhook_secrets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint webhook_secrets_url_check CHECK (((length(url) >= 1) AND (length(url) <= 2048))),
  constraint webhook_secrets_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE
);
alter table public.webhook_secrets enable row level security;
comment on table public.webhook_secrets is 'What deliveries are signed with; shown once when made, then read by the relay only';

create table public.webhooks (
  id uuid not null default app.uuid7(),
  tenant_id uuid not null,
  url text not null,
  description text not null default ''::text,
  event_types text[] not null default '{}'::text[],
  status text not null default 'active'::text,
  disabled_reason text,
  created_by uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  format text not null default 'nofx'::text,
  titles boolean not null default true,
  recipients uuid[] not null default '{}'::uuid[],
  constraint webhooks_pkey PRIMARY KEY (id),
  constraint webhooks_check CHECK (((status = 'disabled'::text) = (disabled_reason IS NOT NULL))),
  constraint webhooks_disabled_reason_check CHECK ((disabled_reason = ANY (ARRAY['gone'::text, 'failing'::text, 'by_member'::text]))),
  constraint webhooks_format_check CHECK ((format = ANY (ARRAY['nofx'::text, 'slack'::text, 'email'::text]))),
  constraint webhooks_recipients CHECK (((format = 'email'::text) = (recipients <> '{}'::uuid[]))),
  constraint webhooks_status_check CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text]))),
  constraint webhooks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  constraint webhooks_url_check CHECK (((length(url) >= 1) AND (length(url) <= 2048)))
);
-- A tenant's webhooks
CREATE INDEX webhooks_list ON public.webhooks USING btree (tenant_id, id);
alter table public.webhooks enable row level security;
comment on table public.webhooks is 'Endpoints that are told of a tenant''s events';

create table public.worker_devices (
  name text not null,
  host text not null,
  pid integer not null,
  version text not null,
  handlers text[] not null,
  concurrency integer not null,
  local boolean not null default false,
  status text not null default 'active'::text,
  drain_requested_at timestamp with time zone,
  started_at timestamp with time zone not null default clock_timestamp(),
  up_since timestamp with time zone not null default clock_timestamp(),
  seen_at timestamp with time zone not null default clock_timestamp(),
  in_flight integer not null default 0,
  claimed bigint not null default 0,
  settled bigint not null default 0,
  constraint worker_devices_pkey PRIMARY KEY (name),
  constraint worker_devices_concurrency_check CHECK ((concurrency > 0)),
  constraint worker_devices_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint worker_devices_status_check CHECK ((status = ANY (ARRAY['active'::text, 'draining'::text, 'stopped'::text])))
);
alter table public.worker_devices enable row level security;
comment on table public.worker_devices is 'One row a worker, by name: where it runs, what it has code for, when it was last heard of';

create table public.worker_heartbeats (
  worker text not null,
  at timestamp with time zone not null default clock_timestamp(),
  in_flight integer not null,
  free integer not null,
  claimed bigint not null,
  settled bigint not null,
  constraint worker_heartbeats_pkey PRIMARY KEY (worker, at),
  constraint worker_heartbeats_worker_fkey FOREIGN KEY (worker) REFERENCES worker_devices(name) ON DELETE CASCADE
);
-- Old heartbeats, for the prune
CREATE INDEX worker_heartbeats_at ON public.worker_heartbeats USING btree (at);
alter table public.worker_heartbeats enable row level security;
comment on table public.worker_heartbeats is 'What each worker was doing, about every 15 seconds, for a day';

-- Views

create view public.agent_communications with (security_invoker=true) as
 SELECT id,
    session_id,
        CASE
            WHEN sender_type = 'agent'::text AND sender_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'::text THEN sender_id::uuid
            ELSE NULL::uuid
        END AS from_agent_id,
    to_agent AS to_agent_id,
    type AS message_type,
    COALESCE(payload, jsonb_strip_nulls(jsonb_build_object('sealed', sealed IS NOT NULL, 'redacted', redacted_at IS NOT NULL, 'content_hash', content_hash))) AS payload,
    acknowledged_at,
    at AS created_at,
    tenant_id
   FROM agent_messages m;

create view public.agent_messages_all with (security_invoker=true) as
 SELECT m.id,
    m.tenant_id,
    m.run_id,
    m.step_id,
    m.to_step,
    m.channel,
    m.seq,
    m.consumed_by,
    m.type,
    m.version,
    m.correlation_id,
    m.causation_id,
    m.traceparent,
    m.payload,
    m.at,
    m.sent_as,
    m.conversation_id,
    m.conversation_seq,
    m.run_seq,
    m.session_id,
    m.to_agent,
    m.sender_type,
    m.sender_id,
    m.sender_name,
    m.class,
    m.refs,
    m.board_key,
    m.sealed,
    m.content_hash,
    m.acknowledged_at,
    m.redacted_at,
    m.redacted_by,
    m.redacted_why,
    m.redaction_id,
    false AS archived
   FROM agent_messages m
UNION ALL
 SELECT h.id,
    h.tenant_id,
    h.run_id,
    h.step_id,
    h.to_step,
    h.channel,
    h.seq,
    h.consumed_by,
    h.type,
    h.version,
    h.correlation_id,
    h.causation_id,
    h.traceparent,
    h.payload,
    h.at,
    h.sent_as,
    h.conversation_id,
    h.conversation_seq,
    h.run_seq,
    h.session_id,
    h.to_agent,
    h.sender_type,
    h.sender_id,
    h.sender_name,
    h.class,
    h.refs,
    h.board_key,
    h.sealed,
    h.content_hash,
    h.acknowledged_at,
    h.redacted_at,
    h.redacted_by,
    h.redacted_why,
    h.redaction_id,
    true AS archived
   FROM agent_messages_history h;

create view public.agent_sessions_all with (security_invoker=true) as
 SELECT agent_sessions.id,
    agent_sessions.tenant_id,
    agent_sessions.run_id,
    agent_sessions.step_id,
    agent_sessions.parent_session_id,
    agent_sessions.depth,
    agent_sessions.asked,
    agent_sessions.strategy,
    agent_sessions.mode,
    agent_sessions.capability,
    agent_sessions.decision_id,
    agent_sessions.status,
    agent_sessions.rounds,
    agent_sessions.state,
    agent_sessions.revision,
    agent_sessions.quotas,
    agent_sessions.deadline_at,
    agent_sessions.region,
    agent_sessions.error,
    agent_sessions.cost_pico,
    agent_sessions.started_at,
    agent_sessions.finished_at,
    false AS archived
   FROM agent_sessions
UNION ALL
 SELECT agent_sessions_history.id,
    agent_sessions_history.tenant_id,
    agent_sessions_history.run_id,
    agent_sessions_history.step_id,
    agent_sessions_history.parent_session_id,
    agent_sessions_history.depth,
    agent_sessions_history.asked,
    agent_sessions_history.strategy,
    agent_sessions_history.mode,
    agent_sessions_history.capability,
    agent_sessions_history.decision_id,
    agent_sessions_history.status,
    agent_sessions_history.rounds,
    agent_sessions_history.state,
    agent_sessions_history.revision,
    agent_sessions_history.quotas,
    agent_sessions_history.deadline_at,
    agent_sessions_history.region,
    agent_sessions_history.error,
    agent_sessions_history.cost_pico,
    agent_sessions_history.started_at,
    agent_sessions_history.finished_at,
    true AS archived
   FROM agent_sessions_history;

create view public.agent_subagents_all with (security_invoker=true) as
 SELECT agent_subagents.id,
    agent_subagents.tenant_id,
    agent_subagents.run_id,
    agent_subagents.session_id,
    agent_subagents.node_id,
    agent_subagents.step_id,
    agent_subagents.epoch,
    agent_subagents.agent_id,
    agent_subagents.parent_agent_id,
    agent_subagents.role,
    agent_subagents.capability,
    agent_subagents.outcome,
    agent_subagents.started_at,
    agent_subagents.ended_at,
    false AS archived
   FROM agent_subagents
UNION ALL
 SELECT agent_subagents_history.id,
    agent_subagents_history.tenant_id,
    agent_subagents_history.run_id,
    agent_subagents_history.session_id,
    agent_subagents_history.node_id,
    agent_subagents_history.step_id,
    agent_subagents_history.epoch,
    agent_subagents_history.agent_id,
    agent_subagents_history.parent_agent_id,
    agent_subagents_history.role,
    agent_subagents_history.capability,
    agent_subagents_history.outcome,
    agent_subagents_history.started_at,
    agent_subagents_history.ended_at,
    true AS archived
   FROM agent_subagents_history;

create view public.artifacts_all with (security_invoker=true) as
 SELECT artifacts.id,
    artifacts.tenant_id,
    artifacts.run_id,
    artifacts.step_id,
    artifacts.epoch,
    artifacts.name,
    artifacts.content_type,
    artifacts.size,
    artifacts.sha256,
    artifacts.path,
    artifacts.stored_at,
    artifacts.created_at,
    artifacts.redacted_at,
    false AS archived
   FROM artifacts
UNION ALL
 SELECT artifacts_history.id,
    artifacts_history.tenant_id,
    artifacts_history.run_id,
    artifacts_history.step_id,
    artifacts_history.epoch,
    artifacts_history.name,
    artifacts_history.content_type,
    artifacts_history.size,
    artifacts_history.sha256,
    artifacts_history.path,
    artifacts_history.stored_at,
    artifacts_history.created_at,
    artifacts_history.redacted_at,
    true AS archived
   FROM artifacts_history;

create view public.attempts_all with (security_invoker=true) as
 SELECT attempts.step_id,
    attempts.epoch,
    attempts.tenant_id,
    attempts.run_id,
    attempts.executor,
    attempts.claimed_at,
    attempts.started_at,
    attempts.finished_at,
    attempts.outcome,
    attempts.error_code,
    attempts.error_message,
    attempts.worker_version,
    attempts.refused_at,
    attempts.refused_outcome,
    false AS archived
   FROM attempts
UNION ALL
 SELECT attempts_history.step_id,
    attempts_history.epoch,
    attempts_history.tenant_id,
    attempts_history.run_id,
    attempts_history.executor,
    attempts_history.claimed_at,
    attempts_history.started_at,
    attempts_history.finished_at,
    attempts_history.outcome,
    attempts_history.error_code,
    attempts_history.error_message,
    attempts_history.worker_version,
    attempts_history.refused_at,
    attempts_history.refused_outcome,
    true AS archived
   FROM attempts_history;

create view public.compensations_all with (security_invoker=true) as
 SELECT compensations.id,
    compensations.tenant_id,
    compensations.run_id,
    compensations.step_id,
    compensations.name,
    compensations.kind,
    compensations.kind_version,
    compensations.arguments,
    compensations.seq,
    compensations.epoch,
    compensations.status,
    compensations.undo_step,
    compensations.evidence,
    compensations.resolved_by,
    compensations.registered_at,
    compensations.ended_at,
    false AS archived
   FROM compensations
UNION ALL
 SELECT compensations_history.id,
    compensations_history.tenant_id,
    compensations_history.run_id,
    compensations_history.step_id,
    compensations_history.name,
    compensations_history.kind,
    compensations_history.kind_version,
    compensations_history.arguments,
    compensations_history.seq,
    compensations_history.epoch,
    compensations_history.status,
    compensations_history.undo_step,
    compensations_history.evidence,
    compensations_history.resolved_by,
    compensations_history.registered_at,
    compensations_history.ended_at,
    true AS archived
   FROM compensations_history;

create view public.config with (security_invoker=true) as
 SELECT tenant_id,
    name AS key,
    to_jsonb(enabled) AS value,
    updated_by,
    updated_at
   FROM feature_flags f;

create view public.critic_verdicts_all with (security_invoker=true) as
 SELECT critic_verdicts.id,
    critic_verdicts.tenant_id,
    critic_verdicts.run_id,
    critic_verdicts.session_id,
    critic_verdicts.round,
    critic_verdicts.verdict,
    critic_verdicts.score,
    critic_verdicts.feedback,
    critic_verdicts.doer_step,
    critic_verdicts.reviewer_step,
    critic_verdicts.doer_agent,
    critic_verdicts.reviewer_agent,
    critic_verdicts.at,
    false AS archived
   FROM critic_verdicts
UNION ALL
 SELECT critic_verdicts_history.id,
    critic_verdicts_history.tenant_id,
    critic_verdicts_history.run_id,
    critic_verdicts_history.session_id,
    critic_verdicts_history.round,
    critic_verdicts_history.verdict,
    critic_verdicts_history.score,
    critic_verdicts_history.feedback,
    critic_verdicts_history.doer_step,
    critic_verdicts_history.reviewer_step,
    critic_verdicts_history.doer_agent,
    critic_verdicts_history.reviewer_agent,
    critic_verdicts_history.at,
    true AS archived
   FROM critic_verdicts_history;

create view public.job_events with (security_invoker=true) as
 SELECT e.id AS event_id,
    e.tenant_id,
    e.seq,
    (j.step ->> 'step_id'::text)::uuid AS job_id,
    e.run_id,
    e.type,
    j.step AS payload,
    e.correlation_id,
    e.causation_id,
    e.actor_type,
    e.actor_id,
    e.at AS created_at
   FROM events e
     CROSS JOIN LATERAL jsonb_array_elements(
        CASE
            WHEN jsonb_typeof(e.payload -> 'steps'::text) = 'array'::text THEN e.payload -> 'steps'::text
            WHEN e.payload ? 'step_id'::text THEN jsonb_build_array(e.payload)
            ELSE '[]'::jsonb
        END) j(step);

create view public.jobs with (security_invoker=true) as
 SELECT id,
    tenant_id,
    run_id,
    parent_step_id AS parent_job_id,
    name,
    kind AS type,
    kind_version AS version,
    status,
    queue,
    priority,
    capability,
    arguments AS payload,
    output AS result,
    error,
    token AS idempotency_key,
    failures + crashes AS attempts,
    max_failures AS max_attempts,
    epoch,
    lease_owner AS assigned_to,
    lease_until AS lease_expires_at,
    run_at AS scheduled_at,
    holds,
    correlation_id,
    traceparent,
    created_at,
    started_at,
    finalised_at AS finished_at
   FROM steps s;

create view public.plan_step_outcomes with (security_invoker=true) as
 SELECT p.tenant_id,
    p.plan_id,
    s.run_id,
    p.id AS plan_step_id,
    p.name,
    p.title,
    p."position",
    p.kind,
    p.estimate,
    s.status,
    EXTRACT(epoch FROM s.finalised_at - s.started_at)::double precision * 1000::double precision AS duration_ms,
    app.used(s.output, 'tokens'::text) AS tokens,
    app.used(s.output, 'costUsd'::text) AS cost_usd
   FROM plan_steps p
     JOIN ( SELECT steps.plan_step_id,
            steps.run_id,
            steps.status,
            steps.output,
            steps.started_at,
            steps.finalised_at,
            steps.kept_from
           FROM steps
        UNION ALL
         SELECT steps_history.plan_step_id,
            steps_history.run_id,
            steps_history.status,
            steps_history.output,
            steps_history.started_at,
            steps_history.finalised_at,
            steps_history.kept_from
           FROM steps_history) s ON s.plan_step_id = p.id
  WHERE p.estimate IS NOT NULL AND s.started_at IS NOT NULL AND s.finalised_at IS NOT NULL AND s.kept_from IS NULL;

create view public.run_agent_hierarchy_all with (security_invoker=true) as
 SELECT run_agent_hierarchy.id,
    run_agent_hierarchy.tenant_id,
    run_agent_hierarchy.run_id,
    run_agent_hierarchy.session_id,
    run_agent_hierarchy.parent_id,
    run_agent_hierarchy.step_id,
    run_agent_hierarchy.agent_id,
    run_agent_hierarchy.role,
    run_agent_hierarchy.depth,
    run_agent_hierarchy.path,
    run_agent_hierarchy.metrics,
    run_agent_hierarchy.failures,
    run_agent_hierarchy.opened_at,
    run_agent_hierarchy.region,
    run_agent_hierarchy.created_at,
    false AS archived
   FROM run_agent_hierarchy
UNION ALL
 SELECT run_agent_hierarchy_history.id,
    run_agent_hierarchy_history.tenant_id,
    run_agent_hierarchy_history.run_id,
    run_agent_hierarchy_history.session_id,
    run_agent_hierarchy_history.parent_id,
    run_agent_hierarchy_history.step_id,
    run_agent_hierarchy_history.agent_id,
    run_agent_hierarchy_history.role,
    run_agent_hierarchy_history.depth,
    run_agent_hierarchy_history.path,
    run_agent_hierarchy_history.metrics,
    run_agent_hierarchy_history.failures,
    run_agent_hierarchy_history.opened_at,
    run_agent_hierarchy_history.region,
    run_agent_hierarchy_history.created_at,
    true AS archived
   FROM run_agent_hierarchy_history;

create view public.runs_all with (security_invoker=true) as
 SELECT runs.id,
    runs.tenant_id,
    runs.plan_id,
    runs.status,
    runs.compensation,
    runs.workspace,
    runs.workspace_run,
    runs.forked_from,
    runs.redrive_of,
    runs.compensate,
    runs.undo_order,
    runs.outcome,
    runs.cancel_requested_at,
    runs.paused_at,
    runs.step_count,
    runs.steps_left,
    runs.steps_failed,
    runs.correlation_id,
    runs.causation_id,
    runs.traceparent,
    runs.created_by_type,
    runs.created_by,
    runs.created_at,
    runs.started_at,
    runs.finished_at,
    runs.title,
    runs.task_key,
    runs.schedule_id,
    false AS archived
   FROM runs
UNION ALL
 SELECT runs_history.id,
    runs_history.tenant_id,
    runs_history.plan_id,
    runs_history.status,
    runs_history.compensation,
    runs_history.workspace,
    runs_history.workspace_run,
    runs_history.forked_from,
    runs_history.redrive_of,
    runs_history.compensate,
    runs_history.undo_order,
    runs_history.outcome,
    runs_history.cancel_requested_at,
    runs_history.paused_at,
    runs_history.step_count,
    runs_history.steps_left,
    runs_history.steps_failed,
    runs_history.correlation_id,
    runs_history.causation_id,
    runs_history.traceparent,
    runs_history.created_by_type,
    runs_history.created_by,
    runs_history.created_at,
    runs_history.started_at,
    runs_history.finished_at,
    runs_history.title,
    runs_history.task_key,
    runs_history.schedule_id,
    true AS archived
   FROM runs_history;

create view public.step_dependencies_all with (security_invoker=true) as
 SELECT step_dependencies.step_id,
    step_dependencies.depends_on,
    step_dependencies.tenant_id,
    step_dependencies.required,
    false AS archived
   FROM step_dependencies
UNION ALL
 SELECT step_dependencies_history.step_id,
    step_dependencies_history.depends_on,
    step_dependencies_history.tenant_id,
    step_dependencies_history.required,
    true AS archived
   FROM step_dependencies_history;

create view public.step_logs_all with (security_invoker=true) as
 SELECT step_logs.id,
    step_logs.tenant_id,
    step_logs.run_id,
    step_logs.step_id,
    step_logs.epoch,
    step_logs.seq,
    step_logs.at,
    step_logs.stream,
    step_logs.text,
    false AS archived
   FROM step_logs
UNION ALL
 SELECT step_logs_history.id,
    step_logs_history.tenant_id,
    step_logs_history.run_id,
    step_logs_history.step_id,
    step_logs_history.epoch,
    step_logs_history.seq,
    step_logs_history.at,
    step_logs_history.stream,
    step_logs_history.text,
    true AS archived
   FROM step_logs_history;

create view public.steps_all with (security_invoker=true) as
 SELECT steps.id,
    steps.tenant_id,
    steps.run_id,
    steps.plan_step_id,
    steps.parent_step_id,
    steps.name,
    steps.title,
    steps.kind,
    steps.kind_version,
    steps.handler,
    steps.executor,
    steps.capability,
    steps.queue,
    steps.priority,
    steps."position",
    steps.arguments,
    steps.token,
    steps.sensitive,
    steps.undo,
    steps.pivot,
    steps.undo_of,
    steps.kept_from,
    steps.status,
    steps.holds,
    steps.deps_left,
    steps.run_at,
    steps.epoch,
    steps.lease_owner,
    steps.lease_until,
    steps.cancel_requested_at,
    steps.failures,
    steps.crashes,
    steps.max_failures,
    steps.max_crashes,
    steps.deadline_ms,
    steps.deadline_at,
    steps.held_at,
    steps.children_left,
    steps.progress,
    steps.output,
    steps.error,
    steps.correlation_id,
    steps.causation_id,
    steps.traceparent,
    steps.created_at,
    steps.started_at,
    steps.finalised_at,
    steps.claimed_at,
    steps.preferred_agent_id,
    steps.preferred_until,
    false AS archived
   FROM steps
UNION ALL
 SELECT steps_history.id,
    steps_history.tenant_id,
    steps_history.run_id,
    steps_history.plan_step_id,
    steps_history.parent_step_id,
    steps_history.name,
    steps_history.title,
    steps_history.kind,
    steps_history.kind_version,
    steps_history.handler,
    steps_history.executor,
    steps_history.capability,
    steps_history.queue,
    steps_history.priority,
    steps_history."position",
    steps_history.arguments,
    steps_history.token,
    steps_history.sensitive,
    steps_history.undo,
    steps_history.pivot,
    steps_history.undo_of,
    steps_history.kept_from,
    steps_history.status,
    steps_history.holds,
    steps_history.deps_left,
    steps_history.run_at,
    steps_history.epoch,
    steps_history.lease_owner,
    steps_history.lease_until,
    steps_history.cancel_requested_at,
    steps_history.failures,
    steps_history.crashes,
    steps_history.max_failures,
    steps_history.max_crashes,
    steps_history.deadline_ms,
    steps_history.deadline_at,
    steps_history.held_at,
    steps_history.children_left,
    steps_history.progress,
    steps_history.output,
    steps_history.error,
    steps_history.correlation_id,
    steps_history.causation_id,
    steps_history.traceparent,
    steps_history.created_at,
    steps_history.started_at,
    steps_history.finalised_at,
    steps_history.claimed_at,
    steps_history.preferred_agent_id,
    steps_history.preferred_until,
    true AS archived
   FROM steps_history;

create view public.waits_all with (security_invoker=true) as
 SELECT waits.id,
    waits.tenant_id,
    waits.run_id,
    waits.step_id,
    waits.name,
    waits.option,
    waits."position",
    waits.kind,
    waits.topic,
    waits.key,
    waits.due_at,
    waits.question,
    waits.approval_id,
    waits.status,
    waits.payload,
    waits.source,
    waits.created_at,
    waits.ended_at,
    waits.upto,
    waits.children,
    false AS archived
   FROM waits
UNION ALL
 SELECT waits_history.id,
    waits_history.tenant_id,
    waits_history.run_id,
    waits_history.step_id,
    waits_history.name,
    waits_history.option,
    waits_history."position",
    waits_history.kind,
    waits_history.topic,
    waits_history.key,
    waits_history.due_at,
    waits_history.question,
    waits_history.approval_id,
    waits_history.status,
    waits_history.payload,
    waits_history.source,
    waits_history.created_at,
    waits_history.ended_at,
    waits_history.upto,
    waits_history.children,
    true AS archived
   FROM waits_history;

-- Policies

create policy agent_capabilities_change on public.agent_capabilities for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_capabilities_read on public.agent_capabilities for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_endpoint_secrets_own on public.agent_endpoint_secrets for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_endpoints_own on public.agent_endpoints for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_keys_change on public.agent_keys for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_keys_read on public.agent_keys for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_keys_write on public.agent_keys for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_messages_read on public.agent_messages for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_messages_history_read on public.agent_messages_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_outcomes_read on public.agent_outcomes for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_presence_read on public.agent_presence for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_registry_change on public.agent_registry for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_registry_read on public.agent_registry for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_registry_write on public.agent_registry for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_relationships_read on public.agent_relationships for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_sessions_read on public.agent_sessions for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_sessions_history_read on public.agent_sessions_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_subagents_read on public.agent_subagents for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_subagents_history_read on public.agent_subagents_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_tools_agent on public.agent_tools for select to nofx_agent
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_tools_change on public.agent_tools for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_tools_read on public.agent_tools for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_tools_write on public.agent_tools for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy agent_versions_read on public.agent_versions for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_comments_read on public.approval_comments for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_comments_write on public.approval_comments for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_decisions_read on public.approval_decisions for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_decisions_write on public.approval_decisions for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_delegations_change on public.approval_delegations for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_delegations_read on public.approval_delegations for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_delegations_write on public.approval_delegations for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_grants_read on public.approval_grants for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_group_members_read on public.approval_group_members for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_group_members_remove on public.approval_group_members for delete to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_group_members_write on public.approval_group_members for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_groups_change on public.approval_groups for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_groups_read on public.approval_groups for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_groups_remove on public.approval_groups for delete to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_groups_write on public.approval_groups for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_rules_change on public.approval_rules for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_rules_read on public.approval_rules for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_rules_remove on public.approval_rules for delete to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approval_rules_write on public.approval_rules for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approvals_change on public.approvals for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approvals_read on public.approvals for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy approvals_write on public.approvals for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy artifacts_read on public.artifacts for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy artifacts_history_read on public.artifacts_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy attempts_read on public.attempts for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy attempts_history_read on public.attempts_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy audit_digest_requests_own on public.audit_digest_requests for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy audit_digests_read on public.audit_digests for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy audit_heads_read on public.audit_heads for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy audit_log_read on public.audit_log for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy audit_snapshots_read on public.audit_snapshots for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy backlog_items_change on public.backlog_items for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy backlog_items_read on public.backlog_items for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy backlog_items_write on public.backlog_items for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy budget_counters_read on public.budget_counters for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy budget_reservations_read on public.budget_reservations for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy budgets_change on public.budgets for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy budgets_read on public.budgets for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy budgets_write on public.budgets for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy channel_rules_change on public.channel_rules for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy channel_rules_read on public.channel_rules for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy channel_rules_remove on public.channel_rules for delete to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy channel_rules_write on public.channel_rules for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy checkpoints_read on public.checkpoints for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy checkpoints_history_read on public.checkpoints_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy claim_rules_change on public.claim_rules for update to nofx_member
  using (
CASE
    WHEN by_plane THEN ( SELECT app.operates_plane() AS operates_plane)
    ELSE (tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids))
END);

create policy claim_rules_read on public.claim_rules for select to authenticated, nofx_member
  using (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) OR ((tenant_id IS NULL) AND (EXISTS ( SELECT
   FROM app.tenant_ids() tenant_ids(tenant_ids)))) OR (by_plane AND ( SELECT app.operates_plane() AS operates_plane))));

create policy claim_rules_remove on public.claim_rules for delete to nofx_member
  using (
CASE
    WHEN by_plane THEN ( SELECT app.operates_plane() AS operates_plane)
    ELSE (tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids))
END);

create policy claim_rules_write on public.claim_rules for insert to nofx_member
  with check (
CASE
    WHEN by_plane THEN ( SELECT app.operates_plane() AS operates_plane)
    ELSE (tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids))
END);

create policy compensations_read on public.compensations for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy compensations_history_read on public.compensations_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy conversations_read on public.conversations for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy critic_verdicts_read on public.critic_verdicts for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy critic_verdicts_history_read on public.critic_verdicts_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy dead_letters_change on public.dead_letters for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy dead_letters_read on public.dead_letters for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy dispatch_settings_change on public.dispatch_settings for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy dispatch_settings_read on public.dispatch_settings for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy dispatch_settings_write on public.dispatch_settings for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy event_heads_read on public.event_heads for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy events_append on public.events for insert to nofx_agent, nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy events_read on public.events for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy external_events_read on public.external_events for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy external_events_history_read on public.external_events_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy feature_flags_change on public.feature_flags for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy feature_flags_read on public.feature_flags for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy feature_flags_write on public.feature_flags for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy gate_overrides_change on public.gate_overrides for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy gate_overrides_read on public.gate_overrides for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy gate_overrides_write on public.gate_overrides for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy gate_rules_read on public.gate_rules for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy gate_rules_write on public.gate_rules for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy idempotency_keys_own on public.idempotency_keys for all to nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy import_mappings_change on public.import_mappings for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy import_mappings_read on public.import_mappings for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy import_mappings_write on public.import_mappings for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy inbound_messages_own on public.inbound_messages for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy inbound_receivers_own on public.inbound_receivers for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy inbound_secrets_own on public.inbound_secrets for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy legal_holds_change on public.legal_holds for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy legal_holds_read on public.legal_holds for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy legal_holds_write on public.legal_holds for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy llm_models_change on public.llm_models for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy llm_models_read on public.llm_models for select to nofx_member
  using (((tenant_id IS NULL) OR (tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids))));

create policy llm_models_remove on public.llm_models for delete to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy llm_models_write on public.llm_models for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy llm_prices_read on public.llm_prices for select to nofx_member
  using (((tenant_id IS NULL) OR (tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids))));

create policy llm_prices_write on public.llm_prices for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy llm_providers_change on public.llm_providers for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy llm_providers_read on public.llm_providers for select to nofx_member
  using (((tenant_id IS NULL) OR (tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids))));

create policy llm_providers_remove on public.llm_providers for delete to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy llm_providers_write on public.llm_providers for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy members_read on public.members for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy message_cursors_read on public.message_cursors for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy message_types_read on public.message_types for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy message_types_write on public.message_types for insert to nofx_agent, nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy model_cache_read on public.model_cache for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy model_cache_remove on public.model_cache for delete to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy model_calls_read on public.model_calls for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy model_comparison_rows_change on public.model_comparison_rows for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy model_comparison_rows_read on public.model_comparison_rows for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy model_comparison_rows_write on public.model_comparison_rows for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy model_comparisons_read on public.model_comparisons for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy model_comparisons_write on public.model_comparisons for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy model_transcripts_read on public.model_transcripts for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy model_transcripts_remove on public.model_transcripts for delete to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy packs_change on public.packs for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy packs_read on public.packs for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy packs_write on public.packs for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy plan_evaluations_read on public.plan_evaluations for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy plan_evaluations_write on public.plan_evaluations for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy plan_rules_read on public.plan_rules for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy plan_steps_read on public.plan_steps for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy plan_steps_write on public.plan_steps for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy plane_settings_read on public.plane_settings for select to authenticated, nofx_member
  using (true);

create policy plans_change on public.plans for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy plans_read on public.plans for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy plans_write on public.plans for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy provider_health_read on public.provider_health for select to nofx_member
  using (((tenant_id IS NULL) OR (tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids))));

create policy redactions_change on public.redactions for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy redactions_read on public.redactions for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy redactions_write on public.redactions for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy redrive_batch_items_read on public.redrive_batch_items for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy redrive_batch_items_write on public.redrive_batch_items for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy redrive_batches_change on public.redrive_batches for update to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy redrive_batches_read on public.redrive_batches for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy redrive_batches_write on public.redrive_batches for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy retry_budgets_read on public.retry_budgets for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy routing_policies_read on public.routing_policies for select to nofx_member
  using (((tenant_id IS NULL) OR (tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids))));

create policy routing_policies_write on public.routing_policies for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy run_agent_hierarchy_read on public.run_agent_hierarchy for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy run_agent_hierarchy_history_read on public.run_agent_hierarchy_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy runs_read on public.runs for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy runs_write on public.runs for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy runs_history_read on public.runs_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy schedule_firings_own on public.schedule_firings for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy schedule_people_own on public.schedule_people for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy schedules_own on public.schedules for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy secure_key_versions_read on public.secure_key_versions for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy secure_keys_read on public.secure_keys for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy secure_keys_audit_read on public.secure_keys_audit for select to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy step_dependencies_read on public.step_dependencies for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy step_dependencies_write on public.step_dependencies for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy step_dependencies_history_read on public.step_dependencies_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy step_logs_read on public.step_logs for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy step_logs_history_read on public.step_logs_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy steps_read on public.steps for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy steps_write on public.steps for insert to nofx_member
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy steps_history_read on public.steps_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy strategy_decisions_read on public.strategy_decisions for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy strategy_outcomes_read on public.strategy_outcomes for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy strategy_statistics_read on public.strategy_statistics for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy tenant_settings_change on public.tenant_settings for update to nofx_member
  using (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = ANY (ARRAY['retention'::text, 'budgets'::text, 'compliance'::text]))))
  with check (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = ANY (ARRAY['retention'::text, 'budgets'::text, 'compliance'::text]))));

create policy tenant_settings_endpoint_change on public.tenant_settings for update to nofx_member
  using (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = 'model_endpoint'::text)))
  with check (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = 'model_endpoint'::text)));

create policy tenant_settings_endpoint_write on public.tenant_settings for insert to nofx_member
  with check (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = 'model_endpoint'::text)));

create policy tenant_settings_messages_change on public.tenant_settings for update to nofx_member
  using (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = 'messages'::text)))
  with check (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = 'messages'::text)));

create policy tenant_settings_messages_write on public.tenant_settings for insert to nofx_member
  with check (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = 'messages'::text)));

create policy tenant_settings_read on public.tenant_settings for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy tenant_settings_remove on public.tenant_settings for delete to nofx_member
  using (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = ANY (ARRAY['retention'::text, 'budgets'::text, 'compliance'::text]))));

create policy tenant_settings_write on public.tenant_settings for insert to nofx_member
  with check (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = ANY (ARRAY['retention'::text, 'budgets'::text, 'compliance'::text]))));

create policy tenant_settings_zone_change on public.tenant_settings for update to nofx_member
  using (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = 'time_zone'::text)))
  with check (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = 'time_zone'::text)));

create policy tenant_settings_zone_write on public.tenant_settings for insert to nofx_member
  with check (((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)) AND (key = 'time_zone'::text)));

create policy tenants_read on public.tenants for select to authenticated, nofx_agent, nofx_member
  using ((id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy tool_runs_read on public.tool_runs for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy uploads_own on public.uploads for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy usage_counters_read on public.usage_counters for select to authenticated, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy waits_read on public.waits for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy waits_history_read on public.waits_history for select to authenticated, nofx_agent, nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy webhook_cursors_own on public.webhook_cursors for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy webhook_deliveries_own on public.webhook_deliveries for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy webhook_secrets_own on public.webhook_secrets for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy webhooks_own on public.webhooks for all to nofx_member
  using ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)))
  with check ((tenant_id IN ( SELECT app.tenant_ids() AS tenant_ids)));

create policy worker_devices_drain on public.worker_devices for update to nofx_member
  using ((EXISTS ( SELECT
   FROM tenants t
  WHERE (t.operates_plane AND (t.id = ((app.claims() ->> 'tenant_id'::text))::uuid) AND (t.id IN ( SELECT app.tenant_ids() AS tenant_ids))))));

create policy worker_devices_read on public.worker_devices for select to authenticated, nofx_member
  using ((EXISTS ( SELECT
   FROM app.tenant_ids() tenant_ids(tenant_ids))));

create policy worker_heartbeats_read on public.worker_heartbeats for select to authenticated, nofx_member
  using ((EXISTS ( SELECT
   FROM app.tenant_ids() tenant_ids(tenant_ids))));

create policy nofx_topics_read on realtime.messages for select to authenticated
  using (((extension = 'broadcast'::text) AND app.can_join(realtime.topic())));

create policy nofx_audit_objects_read on storage.objects for select to authenticated
  using (((bucket_id = ANY (ARRAY['digests'::text, 'snapshots'::text])) AND ((split_part(name, '/'::text, 1) IN ( SELECT (t.id)::text AS id
   FROM app.tenant_ids() t(id))) OR (split_part(name, '/'::text, 1) = app.storage_tenant()))));

create policy nofx_audit_objects_write on storage.objects for insert to authenticated
  with check (((bucket_id = ANY (ARRAY['digests'::text, 'snapshots'::text])) AND (split_part(name, '/'::text, 1) = app.storage_tenant())));

create policy nofx_objects_read on storage.objects for select to authenticated
  using (((bucket_id = ANY (ARRAY['artifacts'::text, 'uploads'::text])) AND ((split_part(name, '/'::text, 1) IN ( SELECT (t.id)::text AS id
   FROM app.tenant_ids() t(id))) OR (split_part(name, '/'::text, 1) = app.storage_tenant()))));

create policy nofx_objects_remove on storage.objects for delete to authenticated
  using (((bucket_id = ANY (ARRAY['artifacts'::text, 'uploads'::text])) AND (split_part(name, '/'::text, 1) = app.storage_tenant())));

create policy nofx_objects_write on storage.objects for insert to authenticated
  with check (((bucket_id = ANY (ARRAY['artifacts'::text, 'uploads'::text])) AND (split_part(name, '/'::text, 1) = app.storage_tenant())));

-- Functions

CREATE OR REPLACE FUNCTION app.act_as(p_claims jsonb, p_tenant uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform set_config('request.jwt.claims', p_claims::text, true);
  perform app.assert_tenant(p_tenant);
end
$function$
;

CREATE OR REPLACE FUNCTION app.agent_by_key(p_key_sha256 text)
 RETURNS TABLE(key_id uuid, scopes text[], expires_at timestamp with time zone, agent_id uuid, tenant_id uuid, name text, capabilities text[], status text, status_by text, status_reason text, trial_at timestamp with time zone, max_concurrency integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_key public.agent_keys;
begin
  select * into v_key from public.agent_keys k where k.key_sha256 = p_key_sha256;
  return query select * from app.agent_of_key(v_key);
end
$function$
;

CREATE OR REPLACE FUNCTION app.agent_by_key_id(p_key uuid)
 RETURNS TABLE(key_id uuid, scopes text[], expires_at timestamp with time zone, agent_id uuid, tenant_id uuid, name text, capabilities text[], status text, status_by text, status_reason text, trial_at timestamp with time zone, max_concurrency integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_key public.agent_keys;
begin
  select * into v_key from public.agent_keys k where k.id = p_key;
  return query select * from app.agent_of_key(v_key);
end
$function$
;

CREATE OR REPLACE FUNCTION app.agent_facets(p_tenant uuid, p_filter jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare
  v_words tsquery := app.agent_query(p_filter ->> 'query');
  v_statuses text[] := (select array_agg(s.value) from jsonb_array_elements_text(p_filter -> 'statuses') s);
  v_capability text := p_filter ->> 'capability';
  v_team text := p_filter ->> 'team';
  v_tag text := p_filter ->> 'tag';
  v_owner uuid := (p_filter ->> 'owner')::uuid;
begin
  perform app.assert_tenant(p_tenant);
  return (
    with fit as materialized (
      select a.status, a.capabilities, a.team, a.tags from public.agent_registry a
      where a.tenant_id = p_tenant
        and (v_words is null or a.words @@ v_words) and (v_statuses is null or a.status = any (v_statuses))
        and (v_capability is null or a.capabilities @> array[v_capability]) and (v_team is null or a.team = v_team)
        and (v_tag is null or a.tags @> array[v_tag]) and (v_owner is null or a.owner_user_id = v_owner)
    ),
    counted as (
      select 'status' as facet, f.status as value, count(*) as n from fit f group by f.status
      union all select 'team', f.team, count(*) from fit f where f.team is not null group by f.team
      union all select 'capability', u.v, count(*) from fit f, unnest(f.capabilities) u (v) group by u.v
      union all select 'tag', u.v, count(*) from fit f, unnest(f.tags) u (v) group by u.v
    ),
    ranked as (
      select c.*, row_number() over (partition by c.facet order by c.n desc, c.value) as place from counted c
    )
    select jsonb_build_object('total', (select count(*) from fit)) || coalesce(jsonb_object_agg(r.facet, r.list), '{}')
    from (
      select r.facet, jsonb_agg(jsonb_build_object('value', r.value, 'count', r.n) order by r.place) as list
      from ranked r where r.place <= 50 group by r.facet
    ) r);
end
$function$
;

CREATE OR REPLACE FUNCTION app.agent_id()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select nullif(app.claims() ->> 'agent_id', '')::uuid
$function$
;

CREATE OR REPLACE FUNCTION app.agent_keys_to_check(p_keys uuid[])
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select k.id from unnest(p_keys) as k (id)
  where not exists (
    select from public.agent_keys a join public.agent_registry r on r.id = a.agent_id
    where a.id = k.id and a.revoked_at is null and (a.expires_at is null or a.expires_at > clock_timestamp()) and r.status = 'active')
$function$
;

CREATE OR REPLACE FUNCTION app.agent_of_key(p_key agent_keys)
 RETURNS TABLE(key_id uuid, scopes text[], expires_at timestamp with time zone, agent_id uuid, tenant_id uuid, name text, capabilities text[], status text, status_by text, status_reason text, trial_at timestamp with time zone, max_concurrency integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_agent public.agent_registry;
begin
  if p_key.id is null or p_key.revoked_at is not null or p_key.expires_at <= clock_timestamp() then
    return;
  end if;
  select * into v_agent from public.agent_registry a where a.id = p_key.agent_id and a.status <> 'retired';
  if not found then
    return;
  end if;
  -- whoever finds the row locked leaves it to who locks it
  if v_agent.last_seen_at is null or v_agent.last_seen_at < clock_timestamp() - interval '30 s' then
    update public.agent_registry r set last_seen_at = clock_timestamp()
    where r.id = (select l.id from public.agent_registry l where l.id = v_agent.id for no key update skip locked);
  end if;
  if p_key.last_used_at is null or p_key.last_used_at < clock_timestamp() - interval '60 s' then
    update public.agent_keys k set last_used_at = clock_timestamp()
    where k.id = (select l.id from public.agent_keys l where l.id = p_key.id for no key update skip locked);
  end if;
  return query select p_key.id, p_key.scopes, p_key.expires_at, v_agent.id, v_agent.tenant_id, v_agent.name, v_agent.capabilities,
    v_agent.status, v_agent.status_by, v_agent.status_reason, v_agent.trial_at, v_agent.max_concurrency;
end
$function$
;

CREATE OR REPLACE FUNCTION app.agent_query(p_text text)
 RETURNS tsquery
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select string_agg(quote_literal(w.word) || ':*', ' & ')::tsquery
  from regexp_split_to_table(lower(coalesce(p_text, '')), '[^[:alnum:]]+') as w (word) where w.word <> ''
$function$
;

CREATE OR REPLACE FUNCTION app.agent_words(p_name text, p_description text, p_capabilities text[], p_tags text[], p_team text)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select to_tsvector('pg_catalog.simple', translate(
    concat_ws(' ', p_name, p_description, array_to_string(p_capabilities, ' '), array_to_string(p_tags, ' '), p_team), '._-/', '    '))
$function$
;

CREATE OR REPLACE FUNCTION app.agent_work(p_wanted jsonb)
 RETURNS TABLE(tenant_id uuid, capability text, ready integer, meant jsonb)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
  select w.tenant_id, w.capability, r.n, coalesce(m.meant, '{}')
  from jsonb_to_recordset(p_wanted) as w (tenant_id uuid, capability text)
  cross join lateral (
    select count(*)::integer as n
    from (
      select from public.steps s
      where s.tenant_id = w.tenant_id and s.capability = w.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
        and greatest(s.run_at, s.preferred_until) <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
      limit 200
    ) as q
  ) as r
  cross join lateral (
    select jsonb_object_agg(g.preferred_agent_id, g.n) as meant
    from (
      select q.preferred_agent_id, count(*) as n
      from (
        select s.preferred_agent_id from public.steps s
        where s.tenant_id = w.tenant_id and s.capability = w.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
          and s.preferred_agent_id is not null and s.preferred_until > clock_timestamp()
          and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
        limit 1000
      ) as q
      group by q.preferred_agent_id
    ) as g
  ) as m
  where r.n > 0 or m.meant is not null
$function$
;

CREATE OR REPLACE FUNCTION app.append_audit(p_tenant uuid, p_verb text, p_actor_type text, p_actor_id text, p_body text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_head public.audit_heads;
  v_at timestamptz;
  v_hash text;
begin
  perform app.assert_tenant(p_tenant);
  insert into public.audit_heads (tenant_id, seq, hash) values (p_tenant, 0, repeat('0', 64))
  on conflict (tenant_id) do nothing;
  select * into v_head from public.audit_heads where tenant_id = p_tenant for update;
  v_at := clock_timestamp();
  v_hash := encode(sha256(convert_to(concat_ws('|',
    'nofx.audit.v1', p_tenant, v_head.seq + 1, v_head.hash,
    to_char(v_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    p_verb, p_actor_type || ':' || p_actor_id, p_body), 'UTF8')), 'hex');
  insert into public.audit_log (tenant_id, seq, prev_hash, hash, verb, actor_type, actor_id, body, at)
  values (p_tenant, v_head.seq + 1, v_head.hash, v_hash, p_verb, p_actor_type, p_actor_id, p_body, v_at);
  update public.audit_heads set seq = v_head.seq + 1, hash = v_hash where tenant_id = p_tenant;
  return v_head.seq + 1;
end
$function$
;

CREATE OR REPLACE FUNCTION app.append_drafts()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.append_audit(new.tenant_id, new.verb, new.actor_type, new.actor_id, new.body);
  delete from app.audit_drafts d where d.id = new.id;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION app.ask_for_budget(p_budget budgets, p_counter budget_counters, p_scopes jsonb, p_asked numeric)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_unit numeric := case p_budget.measure when 'usd' then 1000000000000 else 1 end;
  v_sign text := case p_budget.measure when 'usd' then '$' else '' end;
  v_left numeric := p_budget.limit + p_counter.extra - p_counter.used - p_counter.reserved;
  v_extra numeric := greatest(p_budget.extra, p_asked - v_left);
  v_arguments jsonb;
  v_agent uuid := coalesce(app.agent_id(), (p_scopes ->> 'agent_id')::uuid);
  v_run record;
  v_approval public.approvals;
begin
  if app.budget_answer(p_counter) = 'pending' then
    return p_counter.approval_id;
  end if;

  v_arguments := jsonb_build_object('budget', p_budget.name, 'scope', p_budget.scope, 'subject', p_counter.subject, 'measure', p_budget.measure,
    'window', p_budget.window, 'limit', trim_scale((p_budget.limit + p_counter.extra) / v_unit)::text,
    'used', trim_scale((p_counter.used + p_counter.reserved) / v_unit)::text, 'extra', trim_scale(v_extra / v_unit)::text);
  select r.id, r.correlation_id, case when r.created_by_type = 'member' then r.created_by::uuid end as member into v_run
  from public.runs r where r.id = (p_scopes ->> 'run_id')::uuid and r.tenant_id = p_counter.tenant_id;
  insert into public.approvals (tenant_id, subject, budget_id, run_id, name, title, question, why, arguments, arguments_digest, arguments_schema,
    requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id)
  values (p_counter.tenant_id, 'budget', p_budget.id, v_run.id, p_budget.name, 'More of the budget ' || p_budget.name,
    format('May %s %s more be used?', v_sign || trim_scale(v_extra / v_unit), case p_budget.measure when 'usd' then '' else p_budget.measure end),
    format('%s of %s are used or reserved (%s, %s), and %s more are asked for.', v_sign || trim_scale((p_counter.used + p_counter.reserved) / v_unit),
      v_sign || trim_scale((p_budget.limit + p_counter.extra) / v_unit), p_budget.scope, p_budget.window, v_sign || trim_scale(p_asked / v_unit)),
    v_arguments, encode(sha256(convert_to(v_arguments::text, 'UTF8')), 'hex'),
    jsonb_build_object('type', 'object', 'additionalProperties', false, 'required', jsonb_build_array('extra'), 'properties',
      (select jsonb_object_agg(k.key, case k.key when 'extra'
        then jsonb_build_object('type', 'string', 'pattern', '^\d{1,12}(\.\d{1,12})?$') else jsonb_build_object('const', k.value) end)
       from jsonb_each(v_arguments) k)),
    case when v_agent is null then 'member' else 'agent' end,
    coalesce(v_agent, app.user_id(), p_budget.created_by)::text,
    coalesce((select g.name from public.agent_registry g where g.id = v_agent),
      (select m.name from public.members m where m.tenant_id = p_counter.tenant_id and m.user_id = app.user_id()), 'a caller'),
    coalesce(v_run.member, case when v_agent is null then app.user_id() end),
    greatest(least(p_counter.ends_at, clock_timestamp() + interval '24 hours'), clock_timestamp() + interval '1 minute'),
    coalesce(v_run.correlation_id, app.uuid7()))
  returning * into v_approval;
  -- what follows for a run from silence is said of its own questions
  update public.approvals a set rule = a.rule - 'onExpiry' where a.id = v_approval.id and a.rule ? 'onExpiry';
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_counter.tenant_id, 'approval.requested', v_approval.correlation_id, v_approval.requested_by_type, v_approval.requested_by, v_run.id,
    jsonb_strip_nulls(jsonb_build_object('approval_id', v_approval.id, 'subject', 'budget', 'run_id', v_run.id)));
  update public.budget_counters c set approval_id = v_approval.id
  where c.budget_id = p_counter.budget_id and c.subject = p_counter.subject and c.starts_at = p_counter.starts_at;
  return v_approval.id;
end
$function$
;

CREATE OR REPLACE FUNCTION app.assert_tenant(p_tenant uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_claims jsonb;
begin
  if session_user = 'nofx_worker' then
    return;
  end if;
  v_claims := app.claims();
  if coalesce(v_claims ->> 'agent_id', '') = '' then
    perform from public.members m where m.tenant_id = p_tenant and m.user_id = nullif(v_claims ->> 'sub', '')::uuid;
  else
    perform from public.agent_registry a
    where a.id = (v_claims ->> 'agent_id')::uuid and a.tenant_id = p_tenant
      and (a.status in ('active', 'draining') or (a.status = 'quarantined' and a.status_by = 'breaker'));
  end if;
  if not found then
    raise insufficient_privilege using message = 'not a member of this tenant';
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION app.audit_question()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  -- the database's owner belongs to no tenant; what they do by hand is in no chain
  if session_user <> 'nofx_worker' and app.user_id() is null and app.agent_id() is null then
    return null;
  end if;
  perform app.append_audit(new.tenant_id, 'approval.requested', new.requested_by_type, new.requested_by,
    jsonb_build_object('approval_id', new.id, 'subject', new.subject, 'run_id', new.run_id, 'step_id', new.step_id,
      'arguments_digest', new.arguments_digest)::text);
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION app.audit_time(p_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$function$
;

CREATE OR REPLACE FUNCTION app.audit_unvoted()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_agent text := app.agent_id()::text;
  v_member text := app.user_id()::text;
begin
  if session_user <> 'nofx_worker' and v_member is null and v_agent is null then
    return null;
  end if;
  insert into app.audit_drafts (tenant_id, verb, actor_type, actor_id, body)
  select n.tenant_id, case when n.status = 'pending' then 'approval.escalated' else 'approval.decided' end,
    case when v_agent is not null then 'agent' when v_member is not null then 'member' else 'system' end,
    coalesce(v_agent, v_member, 'engine'),
    jsonb_strip_nulls(jsonb_build_object('approval_id', n.id, 'subject', n.subject, 'run_id', n.run_id, 'step_id', n.step_id,
      'status', case when n.status <> 'pending' then n.status end,
      'group', case when n.status = 'pending' then n.rule ->> 'escalateTo' end))::text
  from after n join before o on o.id = n.id
  where o.status = 'pending' and (n.status in ('superseded', 'cancelled')
    or (n.status = 'pending' and o.escalated_at is null and n.escalated_at is not null and n.rule ->> 'escalateTo' is not null))
  order by n.tenant_id, n.id;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION app.begin_model_call(p_claims jsonb, p_call jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.act_as(p_claims, (p_call ->> 'tenant_id')::uuid);
  insert into public.model_calls (id, tenant_id, call_id, attempt, endpoint, asked, provider, model, region, policy, decision_digest, reason,
    run_id, step_id, agent_id, member_id, streamed, cache, price, reservation_id, key_id, traceparent, lease_until)
  select c.id, c.tenant_id, c.call_id, c.attempt, c.endpoint, c.asked, c.provider, c.model, c.region, c.policy, c.decision_digest, c.reason,
    c.run_id, c.step_id, app.agent_id(), case when app.agent_id() is null then app.user_id() end, c.streamed, c.cache, c.price,
    c.reservation_id, c.key_id, c.traceparent, clock_timestamp() + make_interval(secs => (p_call ->> 'lease_ms')::double precision / 1000)
  from jsonb_populate_record(null::public.model_calls, p_call) c;
end
$function$
;

CREATE OR REPLACE FUNCTION app.budget_answer(p_counter budget_counters)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select a.status from public.approvals a
  where a.id = p_counter.approval_id and (a.status = 'rejected' or (a.status = 'pending' and a.expires_at > clock_timestamp()))
$function$
;

CREATE OR REPLACE FUNCTION app.budgets_for(p_tenant uuid, p_scopes jsonb, p_amounts jsonb, p_at timestamp with time zone)
 RETURNS app.budget_hold[]
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_model text := p_scopes ->> 'model';
  v_team text := p_scopes ->> 'team';
  v_step text := p_scopes ->> 'step_id';
  v_above text[];
  v_zone text;
begin
  perform from public.budgets b where b.tenant_id = p_tenant and b.removed_at is null and b.enabled limit 1;
  if not found then
    return null;
  end if;
  v_zone := app.time_zone(p_tenant);
  if v_team is null and p_scopes ? 'agent_id' then
    select a.team into v_team from public.agent_registry a where a.id = (p_scopes ->> 'agent_id')::uuid and a.tenant_id = p_tenant;
  end if;
  if v_step is not null then
    v_above := app.steps_above(v_step::uuid);
  end if;
  return (
    select array_agg(row(m.id, m.whose, app.window_start(m.window, v_zone, p_at), app.window_end(m.window, v_zone, p_at), m.measure,
      (p_amounts ->> m.measure)::numeric)::app.budget_hold order by m.id)
    from (
      select b.id, b.subject, b.scope, b.window, b.measure, case b.scope
        when 'tenant' then p_tenant::text
        when 'run' then p_scopes ->> 'run_id'
        when 'step' then case
          when b.subject is null or b.measure = 'fan_out' then v_step
          when b.subject = any (v_above) then b.subject end
        when 'agent' then p_scopes ->> 'agent_id'
        when 'team' then v_team
        when 'model' then case when v_model is not null and (b.subject is null or app.is_model(b.subject, v_model))
          then coalesce(b.subject, v_model) end
      end as whose
      from public.budgets b
      where b.tenant_id = p_tenant and b.removed_at is null and b.enabled and b.session_id is null and p_amounts ? b.measure
        and (b.model is null or app.is_model(b.model, v_model))
      union all
      select b.id, null, b.scope, b.window, b.measure, case b.measure when 'fan_out' then v_step else b.subject end
      from public.budgets b
      where b.tenant_id = p_tenant and b.removed_at is null and b.enabled and b.session_id is not null and b.subject = any (v_above)
        and p_amounts ? b.measure
    ) m
    where m.whose is not null and (m.subject is null or m.scope = 'model' or m.subject = m.whose));
end
$function$
;

CREATE OR REPLACE FUNCTION app.bus_place(p_tenant uuid, p_step uuid)
 RETURNS TABLE(run_id uuid, correlation_id uuid, agent_id uuid, epoch bigint, sessions uuid[])
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_line uuid[];
begin
  perform app.assert_tenant(p_tenant);
  with recursive above (id, parent, depth) as (
    select s.id, s.parent_step_id, 0 from public.steps s where s.id = p_step and s.tenant_id = p_tenant
    union all
    select s.id, s.parent_step_id, a.depth + 1 from above a join public.steps s on s.id = a.parent where a.depth < 50
  )
  select array_agg(a.id) into v_line from above a;
  select s.run_id, s.correlation_id, s.epoch, case when s.lease_until > clock_timestamp() then engine.as_uuid(s.lease_owner) end
  into run_id, correlation_id, epoch, agent_id
  from public.steps s where s.id = p_step and s.tenant_id = p_tenant;
  sessions := '{}';
  if to_regclass('public.agent_sessions') is not null then
    execute 'select coalesce(array_agg(s.id), ''{}'') from public.agent_sessions s where s.tenant_id = $1 and s.step_id = any ($2)'
    into sessions using p_tenant, v_line;
  end if;
  return next;
end
$function$
;

CREATE OR REPLACE FUNCTION app.bus_target(p_tenant uuid, p_kind text, p_id uuid, p_name text)
 RETURNS TABLE(of_id uuid, run_id uuid, ended boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  case p_kind
    when 'tenant' then
      return query select p_tenant, null::uuid, false;
    when 'run' then
      return query select r.id, r.id, r.finished_at is not null from public.runs_all r where r.id = p_id and r.tenant_id = p_tenant;
    when 'step' then
      return query select s.id, s.run_id, s.status in ('succeeded', 'failed', 'cancelled')
        from public.steps_all s where s.id = p_id and s.tenant_id = p_tenant;
    when 'agent' then
      return query select a.id, null::uuid, a.status = 'retired' from public.agent_registry a
        where a.tenant_id = p_tenant and (a.id = p_id or (p_id is null and a.name = p_name));
    when 'session' then
      if to_regclass('public.agent_sessions') is not null then
        return query execute 'select s.id, s.run_id, s.status not in (''running'', ''queued'') from public.agent_sessions s
          where s.id = $1 and s.tenant_id = $2' using p_id, p_tenant;
      end if;
  end case;
end
$function$
;

CREATE OR REPLACE FUNCTION app.can_join(p_topic text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_kind text := split_part(p_topic, ':', 1);
  v_id uuid;
begin
  if p_topic !~ '^(tenant|approvals|run):[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then
    return false;
  end if;
  v_id := split_part(p_topic, ':', 2)::uuid;
  if v_kind = 'run' then
    return exists (select from public.runs_all r where r.id = v_id and r.tenant_id in (select app.tenant_ids()));
  end if;
  return v_id in (select app.tenant_ids());
end
$function$
;

CREATE OR REPLACE FUNCTION app.claim_key(p_tenant uuid, p_route text, p_key text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_locked boolean;
  v_known jsonb;
begin
  perform app.assert_tenant(p_tenant);
  v_locked := pg_try_advisory_xact_lock(hashtextextended(p_tenant || '|' || p_route || '|' || p_key, 0));
  select jsonb_build_object('fingerprint', k.fingerprint, 'response', k.response, 'valid', k.expires_at > clock_timestamp()) into v_known
  from public.idempotency_keys k where k.tenant_id = p_tenant and k.route = p_route and k.key = p_key;
  return jsonb_build_object('locked', v_locked, 'known', v_known);
end
$function$
;

CREATE OR REPLACE FUNCTION app.claims()
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb
$function$
;

CREATE OR REPLACE FUNCTION app.close_model_call(p_id uuid, p_end jsonb, p_reservation uuid, p_actual jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_settled boolean := app.settle_budget(p_reservation, p_actual) is not null;
begin
  return jsonb_build_object('settled', v_settled, 'ended', app.end_model_call(p_id, p_end));
end
$function$
;

CREATE OR REPLACE FUNCTION app.content_keys_to_rewrap(p_after uuid, p_limit integer)
 RETURNS TABLE(id uuid, tenant_id uuid, wrapped bytea, kek text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select c.id, c.tenant_id, c.wrapped, c.kek from public.content_keys c
  where c.kek <> (select k.kid from app.keks k where k.status = 'current') and c.wrapped is not null and c.id > p_after
  order by c.id limit p_limit
$function$
;

CREATE OR REPLACE FUNCTION app.current_kek(p_kid text, p_fingerprint text)
 RETURNS TABLE(kid text, fingerprint text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query select k.kid, k.fingerprint from app.keks k where k.status = 'current';
  if found then
    return;
  end if;
  insert into app.keks (kid, fingerprint, status) values (p_kid, p_fingerprint, 'current') on conflict do nothing;
  return query select k.kid, k.fingerprint from app.keks k where k.status = 'current';
end
$function$
;

CREATE OR REPLACE FUNCTION app.describe_agent(p_tenant uuid, p_description text, p_tags text[], p_card jsonb, p_titles jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if app.agent_id() is null then
    raise insufficient_privilege using message = 'an agent speaks for itself';
  end if;
  perform app.assert_tenant(p_tenant);
  update public.agent_registry a
  set description = p_description, tags = p_tags, card = p_card, card_url = null, revision = a.revision + 1, updated_at = clock_timestamp()
  where a.id = app.agent_id() and a.tenant_id = p_tenant;
  update public.agent_capabilities c set title = t.title, updated_at = clock_timestamp()
  from jsonb_to_recordset(p_titles) as t (capability text, title text)
  where c.agent_id = app.agent_id() and c.capability = t.capability;
end
$function$
;

CREATE OR REPLACE FUNCTION app.draft_audit(p_tenant uuid, p_verb text, p_actor_type text, p_actor_id text, p_body text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  insert into app.audit_drafts (tenant_id, verb, actor_type, actor_id, body) values (p_tenant, p_verb, p_actor_type, p_actor_id, p_body);
end
$function$
;

CREATE OR REPLACE FUNCTION app.end_model_call(p_id uuid, p_end jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION app.ensure_counters(p_tenant uuid, p_holds app.budget_hold[], p_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.budget_counters (budget_id, subject, starts_at, ends_at, tenant_id, tokens, refilled_at, forget_at)
  select h.budget_id, h.subject, h.starts_at, h.ends_at, p_tenant, b.burst, case when b.kind = 'rate' then p_at end,
    case when h.ends_at is not null
      then h.ends_at + case b.window when 'minute' then interval '2 days' when 'hour' then interval '35 days' else interval '400 days' end
      when b.scope in ('run', 'step') then p_at + interval '400 days' end
  from unnest(p_holds) h join public.budgets b on b.id = h.budget_id
  where not exists (select from public.budget_counters c
    where c.budget_id = h.budget_id and c.subject = h.subject and c.starts_at = h.starts_at)
  order by h.budget_id, h.subject, h.starts_at
  on conflict do nothing;
end
$function$
;

CREATE OR REPLACE FUNCTION app.extend_budget(p_approval uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_approval public.approvals;
  v_extra numeric;
begin
  select a.* into v_approval from public.approvals a where a.id = p_approval;
  perform app.assert_tenant(v_approval.tenant_id);
  if v_approval.subject is distinct from 'budget' or v_approval.status <> 'approved' then
    return null;
  end if;
  v_extra := (coalesce(v_approval.edited_arguments, v_approval.arguments) ->> 'extra')::numeric
    * case v_approval.arguments ->> 'measure' when 'usd' then 1000000000000 else 1 end;
  update public.budget_counters c
  set extra = c.extra + ceil(v_extra), approval_id = null, exhausted_at = null, changed_at = clock_timestamp()
  where c.approval_id = p_approval;
  return case when found then jsonb_build_object('budget_id', v_approval.budget_id, 'extra', ceil(v_extra)::text) end;
end
$function$
;

CREATE OR REPLACE FUNCTION app.find_agents(p_tenant uuid, p_filter jsonb, p_sort text, p_after_key double precision, p_after text, p_limit integer)
 RETURNS TABLE(id uuid, key double precision)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare
  v_words tsquery := app.agent_query(p_filter ->> 'query');
  v_statuses text[] := (select array_agg(s.value) from jsonb_array_elements_text(p_filter -> 'statuses') s);
  v_capability text := p_filter ->> 'capability';
  v_team text := p_filter ->> 'team';
  v_tag text := p_filter ->> 'tag';
  v_owner uuid := (p_filter ->> 'owner')::uuid;
begin
  perform app.assert_tenant(p_tenant);
  if p_sort = 'name' then
    return query
    select a.id, 0::double precision from public.agent_registry a
    where a.tenant_id = p_tenant and (p_after is null or a.name > p_after)
      and (v_words is null or a.words @@ v_words) and (v_statuses is null or a.status = any (v_statuses))
      and (v_capability is null or a.capabilities @> array[v_capability]) and (v_team is null or a.team = v_team)
      and (v_tag is null or a.tags @> array[v_tag]) and (v_owner is null or a.owner_user_id = v_owner)
    order by a.name limit p_limit;
  else
    return query
    select f.id, f.key
    from (
      select a.id, a.name, coalesce(
        case p_sort when 'success' then -c.success_rate when 'latency' then c.latency_ms else c.cost_pico end, 1e300) as key
      from public.agent_capabilities c join public.agent_registry a on a.id = c.agent_id
      where c.tenant_id = p_tenant and c.capability = v_capability
        and (v_words is null or a.words @@ v_words) and (v_statuses is null or a.status = any (v_statuses))
        and (v_team is null or a.team = v_team) and (v_tag is null or a.tags @> array[v_tag])
        and (v_owner is null or a.owner_user_id = v_owner)
    ) f
    where p_after is null or (f.key, f.name) > (p_after_key, p_after)
    order by f.key, f.name limit p_limit;
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION app.find_kept_answer(p_claims jsonb, p_tenant uuid, p_digest text)
 RETURNS TABLE(provider text, model text, answer jsonb, call_id uuid, created_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.act_as(p_claims, p_tenant);
  return query select c.provider, c.model, c.answer, c.call_id, c.created_at from public.model_cache c
    where c.tenant_id = p_tenant and c.digest = p_digest and c.expires_at > clock_timestamp();
end
$function$
;

CREATE OR REPLACE FUNCTION app.free_holds(p_reservations uuid[], p_state text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.budget_counters c
  set reserved = c.reserved - case when b.kind = 'rate' then 0 else f.amount end,
      tokens = case when p_state = 'released' then least(b.burst, c.tokens + f.amount) else c.tokens end, changed_at = clock_timestamp()
  from (
    select h.budget_id, h.subject, h.starts_at, sum(h.amount) as amount
    from public.budget_reservations r cross join lateral unnest(r.holds) h
    where r.id = any (p_reservations) and h.measure <> 'depth'
    group by 1, 2, 3) f
  join public.budgets b on b.id = f.budget_id
  where c.budget_id = f.budget_id and c.subject = f.subject and c.starts_at = f.starts_at;
  update public.budget_reservations r set state = p_state, ended_at = clock_timestamp() where r.id = any (p_reservations);
end
$function$
;

CREATE OR REPLACE FUNCTION app.hold_key(p_tenant uuid, p_provider text, p_name text)
 RETURNS TABLE(key_id uuid, version integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  perform pg_advisory_xact_lock(hashtextextended(p_tenant || '/' || p_provider || '/' || p_name, 82));
  return query
    select k.id, k.version from public.secure_keys k
    where k.tenant_id = p_tenant and k.provider = p_provider and k.name = p_name and k.status = 'active'
    for update;
end
$function$
;

CREATE OR REPLACE FUNCTION app.inbound_begin(p_receiver uuid, p_message text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_outcome text;
begin
  insert into public.inbound_messages as m (receiver_id, message_id, tenant_id)
  select r.id, p_message, r.tenant_id from public.inbound_receivers r where r.id = p_receiver
  on conflict (receiver_id, message_id) do update set begun_at = clock_timestamp()
  where m.outcome is null and m.begun_at < clock_timestamp() - interval '1 minute';
  if found then
    return 'begun';
  end if;
  select m.outcome into v_outcome from public.inbound_messages m where m.receiver_id = p_receiver and m.message_id = p_message;
  return case when v_outcome is null then 'in_flight' else 'replayed' end;
end
$function$
;

CREATE OR REPLACE FUNCTION app.inbound_end(p_receiver uuid, p_message text, p_outcome text, p_approval uuid, p_user uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_outcome is null then
    delete from public.inbound_messages m where m.receiver_id = p_receiver and m.message_id = p_message and m.outcome is null;
  else
    update public.inbound_messages m set outcome = p_outcome, approval_id = p_approval, user_id = p_user
    where m.receiver_id = p_receiver and m.message_id = p_message;
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION app.inbound_member(p_receiver uuid, p_email text)
 RETURNS uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select m.user_id from public.inbound_receivers r
  join public.members m on m.tenant_id = r.tenant_id and m.user_id = any (r.acts_for)
  where r.id = p_receiver and lower(m.email) = lower(p_email)
  order by m.created_at limit 1
$function$
;

CREATE OR REPLACE FUNCTION app.inbound_receiver(p_receiver uuid)
 RETURNS TABLE(tenant_id uuid, name text, secrets text[], decisions text[], subjects text[], holders uuid[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select r.tenant_id, r.name,
    array_remove(array[s.secret, case when s.previous_until > clock_timestamp() then s.previous end], null), r.decisions, r.subjects,
    r.holders
  from public.inbound_receivers r join public.inbound_secrets s on s.receiver_id = r.id
  where r.id = p_receiver and r.status = 'active'
$function$
;

CREATE OR REPLACE FUNCTION app.introduce_agent(p_tenant uuid, p_version text, p_runtime text, p_concurrency integer, p_tasks jsonb, p_tasks_sha256 text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_agent public.agent_registry;
  v_known boolean;
begin
  if app.agent_id() is null then
    raise insufficient_privilege using message = 'an agent speaks for itself';
  end if;
  perform app.assert_tenant(p_tenant);
  select * into v_agent from public.agent_registry a where a.id = app.agent_id() and a.tenant_id = p_tenant;
  v_known := exists (
    select from public.agent_versions v
    where v.agent_id = v_agent.id and v.version = p_version and v.tasks_sha256 = p_tasks_sha256 and v.runtime = p_runtime
      and v.concurrency = p_concurrency);
  if v_known and v_agent.version = p_version then
    update public.agent_versions v set last_at = clock_timestamp()
    where v.agent_id = v_agent.id and v.version = p_version and v.last_at < clock_timestamp() - interval '60 s';
  else
    -- processes of one agent that begin together queue up here, and all but the first find it said
    perform from public.agent_registry a where a.id = v_agent.id for update;
    insert into public.agent_versions as v (tenant_id, agent_id, version, runtime, concurrency, tasks, tasks_sha256)
    values (p_tenant, v_agent.id, p_version, p_runtime, p_concurrency, p_tasks, p_tasks_sha256)
    on conflict (agent_id, version) do update
    set runtime = excluded.runtime, concurrency = excluded.concurrency, tasks = excluded.tasks, tasks_sha256 = excluded.tasks_sha256,
        last_at = clock_timestamp();
    delete from public.agent_versions v
    where v.id in (select o.id from public.agent_versions o where o.agent_id = v_agent.id order by o.last_at desc offset 100);
    update public.agent_registry a set version = p_version, updated_at = clock_timestamp()
    where a.id = v_agent.id and a.version is distinct from p_version;
    update public.agent_capabilities c
    set version = p_version, input_schema = t."inputSchema", output_schema = t."outputSchema", events = t.events, updated_at = clock_timestamp()
    from jsonb_to_recordset(p_tasks) as t (capability text, "inputSchema" jsonb, "outputSchema" jsonb, events jsonb)
    where c.agent_id = v_agent.id and c.capability = t.capability;
  end if;
  return jsonb_build_object('known', v_known, 'status', v_agent.status, 'max_concurrency', v_agent.max_concurrency);
end
$function$
;

CREATE OR REPLACE FUNCTION app.is_model(p_pattern text, p_model text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select coalesce(case when right(p_pattern, 1) = '*' then starts_with(p_model, left(p_pattern, -1)) else p_pattern = p_model end, false)
$function$
;

CREATE OR REPLACE FUNCTION app.judged_by(p_tenant uuid, p_shell boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return jsonb_build_object('ceilings', engine.ceilings(p_tenant)) || case when p_shell then jsonb_build_object('shell',
    (select s.value #>> '{}' from public.tenant_settings s where s.tenant_id = p_tenant and s.key = 'shell')) else '{}' end;
end
$function$
;

CREATE OR REPLACE FUNCTION app.keep_answer(p_tenant uuid, p_route text, p_key text, p_fingerprint text, p_response jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  insert into public.idempotency_keys as k (tenant_id, route, key, fingerprint, response)
  values (p_tenant, p_route, p_key, p_fingerprint, p_response)
  on conflict (tenant_id, route, key) do update
    set fingerprint = excluded.fingerprint, response = excluded.response, created_at = excluded.created_at, expires_at = excluded.expires_at
    where k.expires_at <= clock_timestamp();
end
$function$
;

CREATE OR REPLACE FUNCTION app.keep_model_answer(p_claims jsonb, p_answer jsonb, p_embedding bytea, p_seconds integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION app.keep_retired()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if old.status = 'retired' then
    raise exception 'KEK % is retired', old.kid using errcode = 'insufficient_privilege';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end
$function$
;

CREATE OR REPLACE FUNCTION app.keep_transcript(p_claims jsonb, p_transcript jsonb, p_days integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.act_as(p_claims, (p_transcript ->> 'tenant_id')::uuid);
  insert into public.model_transcripts (call_id, tenant_id, request, answer, redacted, expires_at)
  select t.call_id, t.tenant_id, t.request, t.answer, t.redacted, clock_timestamp() + make_interval(days => p_days)
  from jsonb_populate_record(null::public.model_transcripts, p_transcript) t
  on conflict (call_id) do nothing;
end
$function$
;

CREATE OR REPLACE FUNCTION app.keys_to_rewrap(p_after uuid, p_limit integer)
 RETURNS TABLE(id uuid, jwe jsonb)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select v.id, v.jwe from public.secure_key_versions v
  where v.kek <> (select k.kid from app.keks k where k.status = 'current') and v.id > p_after
  order by v.id limit p_limit
$function$
;

CREATE OR REPLACE FUNCTION app.list_keks()
 RETURNS TABLE(kid text, fingerprint text, status text, created_at timestamp with time zone, retired_at timestamp with time zone, versions bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select k.kid, k.fingerprint, k.status, k.created_at, k.retired_at,
    (select count(*) from public.secure_key_versions v where v.kek = k.kid)
    + (select count(*) from public.content_keys c where c.kek = k.kid and c.wrapped is not null)
  from app.keks k order by k.created_at, k.kid
$function$
;

CREATE OR REPLACE FUNCTION app.lock_counters(p_holds app.budget_hold[], p_reservations uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform from public.budget_counters c
  where (c.budget_id, c.subject, c.starts_at) in (
    select h.budget_id, h.subject, h.starts_at from unnest(p_holds) h
    union
    select h.budget_id, h.subject, h.starts_at
    from public.budget_reservations r cross join lateral unnest(r.holds) h where r.id = any (p_reservations))
  order by c.budget_id, c.subject, c.starts_at for update;
end
$function$
;

CREATE OR REPLACE FUNCTION app.lock_health(p_keys jsonb)
 RETURNS TABLE(ord bigint, "window" jsonb, now_ms double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.provider_health (tenant_id, provider, model, region)
  select k.tenant_id, k.provider, k.model, k.region
  from jsonb_to_recordset(p_keys) k (tenant_id uuid, provider text, model text, region text)
  where k.tenant_id is null or exists (select from public.tenants t where t.id = k.tenant_id)
  order by k.tenant_id, k.provider, k.model, k.region
  on conflict (tenant_id, provider, model, region) do nothing;
  return query
    select k.ord, h."window", (extract(epoch from clock_timestamp()) * 1000)::double precision
    from rows from (jsonb_to_recordset(p_keys) as (tenant_id uuid, provider text, model text, region text)) with ordinality
      as k (tenant_id, provider, model, region, ord)
    join public.provider_health h on h.tenant_id is not distinct from k.tenant_id
      and h.provider = k.provider and h.model = k.model and h.region = k.region
    order by h.tenant_id, h.provider, h.model, h.region
    for update of h;
end
$function$
;

CREATE OR REPLACE FUNCTION app.make_kek_current(p_kid text, p_fingerprint text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_known app.keks;
begin
  perform pg_advisory_xact_lock(82, 1);
  select * into v_known from app.keks k where k.kid = p_kid;
  if v_known.fingerprint <> p_fingerprint then
    return 'another';
  elsif v_known.status in ('current', 'retired') then
    return v_known.status;
  end if;
  update app.keks k set status = 'previous' where k.status = 'current';
  insert into app.keks (kid, fingerprint, status) values (p_kid, p_fingerprint, 'current')
  on conflict (kid) do update set status = 'current';
  return 'made';
end
$function$
;

CREATE OR REPLACE FUNCTION app.model_call_run(p_claims jsonb, p_tenant uuid, p_step uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.act_as(p_claims, p_tenant);
  return (select s.run_id from public.steps s
    where s.id = p_step and s.tenant_id = p_tenant
      and (app.agent_id() is null or (s.status in ('assigned', 'running') and s.lease_owner = app.agent_id()::text)));
end
$function$
;

CREATE OR REPLACE FUNCTION app.model_caller(p_key_sha256 text, p_key uuid DEFAULT NULL::uuid)
 RETURNS TABLE(agent_id uuid, tenant_id uuid, name text, scopes text[], settings jsonb)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_key public.agent_keys;
begin
  if p_key is null then
    select * into v_key from public.agent_keys k where k.key_sha256 = p_key_sha256;
  else
    select * into v_key from public.agent_keys k where k.id = p_key;
  end if;
  return query select a.agent_id, a.tenant_id, a.name, a.scopes,
    (select s.value from public.tenant_settings s where s.tenant_id = a.tenant_id and s.key = 'model_endpoint')
  from app.agent_of_key(v_key) a where a.status <> 'quarantined' or a.status_by = 'breaker';
end
$function$
;

CREATE OR REPLACE FUNCTION app.model_member(p_user uuid, p_tenant uuid)
 RETURNS TABLE(tenant_id uuid, role text, settings jsonb)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select m.tenant_id, m.role,
    (select s.value from public.tenant_settings s where s.tenant_id = m.tenant_id and s.key = 'model_endpoint')
  from public.members m where m.user_id = p_user and (p_tenant is null or m.tenant_id = p_tenant)
  order by m.created_at limit 1
$function$
;

CREATE OR REPLACE FUNCTION app.near_kept_answers(p_claims jsonb, p_tenant uuid, p_scope text, p_embedding_model text, p_limit integer)
 RETURNS TABLE(digest text, embedding bytea)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.act_as(p_claims, p_tenant);
  return query select c.digest, c.embedding from public.model_cache c
    where c.tenant_id = p_tenant and c.scope = p_scope and c.embedding is not null and c.embedding_model = p_embedding_model
      and c.expires_at > clock_timestamp()
    order by c.created_at desc limit p_limit;
end
$function$
;

CREATE OR REPLACE FUNCTION app.note_agent_presence(p_items jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into public.agent_presence as p (agent_id, runner, tenant_id, version, runtime, slots, busy)
  select i.agent_id, i.runner, a.tenant_id, i.version, i.runtime, i.slots, i.busy
  from jsonb_to_recordset(p_items) as i (agent_id uuid, runner text, version text, runtime text, slots integer, busy integer)
  join public.agent_registry a on a.id = i.agent_id
  order by i.agent_id, i.runner
  on conflict (agent_id, runner) do update
  set version = coalesce(excluded.version, p.version), runtime = coalesce(excluded.runtime, p.runtime), slots = excluded.slots,
      busy = excluded.busy, last_seen_at = clock_timestamp(),
      up_since = case when p.last_seen_at < clock_timestamp() - interval '60 s' then clock_timestamp() else p.up_since end
  where p.last_seen_at < clock_timestamp() - interval '4 s' or p.busy <> excluded.busy or p.slots <> excluded.slots
    or p.version is distinct from coalesce(excluded.version, p.version);
end
$function$
;

CREATE OR REPLACE FUNCTION app.note_refused_key(p_tenant uuid, p_key uuid, p_version integer, p_provider text, p_name text, p_actor_type text, p_actor_id text, p_run uuid, p_step uuid, p_why text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  insert into public.secure_keys_audit
    (tenant_id, key_id, version, provider, name, action, actor_type, actor_id, run_id, step_id, purpose)
  values (p_tenant, p_key, p_version, p_provider, p_name, 'refused', p_actor_type, p_actor_id, p_run, p_step, p_why)
$function$
;

CREATE OR REPLACE FUNCTION app.note_schedule_person()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.schedule_people (schedule_id, user_id, tenant_id, via)
  select new.id, w.who, new.tenant_id, w.verb || ' the schedule ' || new.name
  from (select case when tg_op = 'INSERT' then new.created_by else app.user_id() end as who,
    case when tg_op = 'INSERT' then 'made' else 'changed' end as verb) w
  where w.who is not null
  on conflict (schedule_id, user_id) do nothing;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION app.nudge(p_topics jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_topic jsonb;
begin
  for v_topic in select t from jsonb_array_elements(p_topics) t loop
    if session_user <> 'nofx_worker' and not app.can_join(v_topic ->> 'topic') then
      raise insufficient_privilege using message = 'not a topic of this tenant';
    end if;
    perform realtime.send(v_topic, 'nudge', v_topic ->> 'topic', true);
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION app.open_model_call(p_claims jsonb, p_call jsonb, p_ask jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION app.operates_plane()
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select exists (
    select from public.tenants t
    where t.operates_plane and t.id = (app.claims() ->> 'tenant_id')::uuid and t.id in (select app.tenant_ids()))
$function$
;

CREATE OR REPLACE FUNCTION app.policies_in_use(p_tenant uuid)
 RETURNS SETOF routing_policies
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select (best.policy).* from (
    select distinct on (newest.name) newest as policy
    from (
      select distinct on (r.tenant_id, r.name) r.* from public.routing_policies r
      where r.tenant_id is null or r.tenant_id = p_tenant
      order by r.tenant_id, r.name, r.version desc
    ) as newest
    where newest.body is not null
    order by newest.name, newest.tenant_id nulls last
  ) as best
$function$
;

CREATE OR REPLACE FUNCTION app.prices_in_use(p_tenant uuid)
 RETURNS SETOF llm_prices
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select p.* from public.llm_prices p
  where (p.tenant_id is null or p.tenant_id = p_tenant)
    and not exists (
      select from public.llm_prices newer
      where newer.tenant_id is not distinct from p.tenant_id and newer.provider = p.provider and newer.model = p.model
        and newer.effective_from = p.effective_from and newer.revision > p.revision)
$function$
;

CREATE OR REPLACE FUNCTION app.put_key(p_tenant uuid, p_key uuid, p_version_id uuid, p_provider text, p_name text, p_version integer, p_jwe jsonb, p_digest text, p_hint text, p_note text, p_overlap_seconds integer, p_actor uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_until timestamptz := clock_timestamp() + make_interval(secs => p_overlap_seconds);
begin
  perform app.assert_tenant(p_tenant);
  -- a KEK cannot stop being current before this commits, so no row slips in behind a rewrap
  perform from app.keks k where k.status = 'current' and k.kid = p_jwe -> 'header' ->> 'kid' for share;
  if not found then
    return false;
  end if;
  if p_version = 1 then
    insert into public.secure_keys (id, tenant_id, provider, name, version, note)
    values (p_key, p_tenant, p_provider, p_name, 1, coalesce(p_note, ''));
  else
    update public.secure_keys k
    set version = p_version, note = coalesce(p_note, k.note), updated_at = clock_timestamp()
    where k.id = p_key and k.tenant_id = p_tenant and k.provider = p_provider and k.name = p_name and k.version = p_version - 1
      and k.status = 'active';
    if not found then
      raise exception 'key % has no version % to follow on', p_key, p_version - 1 using errcode = 'serialization_failure';
    end if;
    -- in the order of a rewrap
    perform from public.secure_key_versions v where v.key_id = p_key order by v.id for update;
    update public.secure_key_versions v set usable_until = v_until
    where v.key_id = p_key and v.version = p_version - 1;
    update public.secure_key_versions v set jwe = null, kek = null
    where v.key_id = p_key and v.jwe is not null and (v.version < p_version - 1 or p_overlap_seconds = 0);
  end if;
  insert into public.secure_key_versions (id, key_id, tenant_id, version, jwe, kek, hint, created_by)
  values (p_version_id, p_key, p_tenant, p_version, p_jwe, p_jwe -> 'header' ->> 'kid', p_hint, p_actor);
  insert into public.secure_keys_audit
    (tenant_id, key_id, version, provider, name, action, actor_type, actor_id, digest, overlap_until, kek)
  values (p_tenant, p_key, p_version, p_provider, p_name, case p_version when 1 then 'put' else 'rotated' end, 'member', p_actor::text,
    p_digest, case when p_version > 1 then v_until end, p_jwe -> 'header' ->> 'kid');
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION app.record_kept_answer(p_claims jsonb, p_call jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.begin_model_call(p_claims, p_call || '{"lease_ms": 0}');
  perform app.end_model_call((p_call ->> 'id')::uuid,
    p_call || '{"status": "succeeded", "input_tokens": 0, "cache_read_tokens": 0, "cache_write_tokens": 0, "output_tokens": 0,
      "reasoning_tokens": 0, "cost_pico": 0}');
end
$function$
;

CREATE OR REPLACE FUNCTION app.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$function$
;

CREATE OR REPLACE FUNCTION app.renew_reservation(p_id uuid, p_lease_ms integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.budget_reservations r
  set expires_at = greatest(r.expires_at, clock_timestamp() + make_interval(secs => least(p_lease_ms, 86400000) / 1000.0))
  where r.id = p_id and r.state = 'open';
  return found;
end
$function$
;

CREATE OR REPLACE FUNCTION app.reserve_budget(p_claims jsonb, p_tenant uuid, p_id uuid, p_key text, p_scopes jsonb, p_amounts jsonb, p_lease_ms integer, p_wrapping_up boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_at timestamptz := clock_timestamp();
  v_known public.budget_reservations;
  v_expired uuid[];
  v_holds app.budget_hold[];
  v_row record;
  v_room numeric;
  v_wait_ms bigint;
  v_refusal jsonb;
  v_refused jsonb;
  v_rank integer := 99;
  v_outcome text;
  v_told record;
  v_now timestamptz;
  v_spent app.budget_hold[] := '{}';
begin
  perform app.act_as(p_claims, p_tenant);
  if p_lease_ms not between 1000 and 86400000 or length(p_key) not between 1 and 200
    or exists (select from jsonb_each_text(p_amounts) a where a.value !~ '^\d{1,38}$') then
    raise invalid_parameter_value using message = 'amounts are whole numbers of at least 0, a lease lasts from a second to a day';
  end if;

  perform pg_advisory_xact_lock(hashtextextended(p_key, hashtextextended(p_tenant::text, 0)));
  select r.* into v_known from public.budget_reservations r where r.tenant_id = p_tenant and r.request_key = p_key for update;
  if found and (v_known.state = 'settled' or (v_known.state = 'open' and v_known.expires_at > v_at)) then
    return jsonb_build_object('outcome', 'reserved', 'id', v_known.id, 'state', v_known.state, 'replayed', true);
  end if;

  v_holds := app.budgets_for(p_tenant, p_scopes, p_amounts, v_at);
  v_expired := array(
    select r.id from public.budget_reservations r
    where r.tenant_id = p_tenant and r.state = 'open' and r.expires_at <= v_at
    order by r.id limit 50 for update skip locked);
  if v_known.state = 'open' and v_known.id <> all (v_expired) then
    v_expired := v_expired || v_known.id;
  end if;
  if v_holds is not null then
    perform app.ensure_counters(p_tenant, v_holds, v_at);
  end if;
  -- of what is freed too; else the loop takes the locks
  if v_expired <> '{}' then
    perform app.lock_counters(v_holds, v_expired);
    perform app.free_holds(v_expired, 'expired');
  end if;

  for v_row in
    select b as budget, c as counter, h as hold
    from unnest(v_holds) h
    join public.budgets b on b.id = h.budget_id
    join public.budget_counters c on c.budget_id = h.budget_id and c.subject = h.subject and c.starts_at = h.starts_at
    order by h.budget_id, h.subject, h.starts_at
    for update of c
  loop
    v_wait_ms := null;
    v_now := clock_timestamp();
    if (v_row.budget).kind = 'rate' then
      v_room := engine.refill((v_row.counter).tokens, (v_row.counter).refilled_at, (v_row.budget).limit::integer, (v_row.budget).per_seconds,
        (v_row.budget).burst, v_now);
      -- more than the bucket can ever hold passes when it is full, and is paid off by those who come after
      v_wait_ms := ceil((least((v_row.hold).amount, (v_row.budget).burst) - v_room) * (v_row.budget).per_seconds * 1000 / (v_row.budget).limit);
      continue when v_wait_ms <= 0;
      v_outcome := 'stop';
    else
      v_room := (v_row.budget).limit + (v_row.counter).extra
        + case when p_wrapping_up and (v_row.budget).outcome = 'wrap_up' then (v_row.budget).extra else 0 end
        - case when (v_row.hold).measure = 'depth' then 0 else (v_row.counter).used + (v_row.counter).reserved end;
      continue when (v_row.hold).amount <= v_room;
      v_spent := v_spent || (v_row.hold)::app.budget_hold;
      v_outcome := case when p_wrapping_up and (v_row.budget).outcome = 'wrap_up' then 'stop' else (v_row.budget).outcome end;
      if v_outcome = 'ask' and app.budget_answer(v_row.counter) = 'rejected' then
        v_outcome := 'stop';
      end if;
    end if;
    -- the strictest is told; of several, whoever takes longest
    v_refusal := jsonb_build_object('outcome', v_outcome, 'budget_id', (v_row.budget).id, 'budget_name', (v_row.budget).name,
      'kind', (v_row.budget).kind, 'scope', (v_row.budget).scope, 'subject', (v_row.counter).subject, 'measure', (v_row.budget).measure,
      'window', (v_row.budget).window, 'limit', (case (v_row.budget).kind when 'rate' then (v_row.budget).burst
        else (v_row.budget).limit + (v_row.counter).extra end)::text,
      'used', (case (v_row.budget).kind when 'rate' then ceil((v_row.budget).burst - v_room) else (v_row.counter).used end)::text,
      'reserved', (v_row.counter).reserved::text, 'asked', (v_row.hold).amount::text,
      'resets_at', coalesce((v_row.hold).ends_at, v_at + make_interval(secs => v_wait_ms / 1000.0)),
      'retry_after_ms', coalesce(v_wait_ms, ceil(extract(epoch from (v_row.hold).ends_at - v_at) * 1000)::bigint),
      'approval_id', (v_row.counter).approval_id);
    if array_position(array['stop', 'ask', 'wrap_up', 'degrade'], v_outcome) < v_rank
      or (v_outcome = v_refused ->> 'outcome' and (v_refused ->> 'retry_after_ms') is not null
        and coalesce((v_refusal ->> 'retry_after_ms')::bigint > (v_refused ->> 'retry_after_ms')::bigint, true)) then
      v_refused := v_refusal;
      v_told := v_row;
      v_rank := array_position(array['stop', 'ask', 'wrap_up', 'degrade'], v_outcome);
    end if;
  end loop;

  if v_refused is not null then
    if v_refused ->> 'outcome' = 'ask' then
      v_refused := v_refused || jsonb_build_object('approval_id',
        app.ask_for_budget(v_told.budget, v_told.counter, p_scopes, (v_told.hold).amount));
    end if;
    with refused as (
      update public.budget_counters c
      set refusals = c.refusals + 1, exhausted_at = coalesce(c.exhausted_at, v_at), changed_at = clock_timestamp()
      from unnest(v_spent) h
      where c.budget_id = h.budget_id and c.subject = h.subject and c.starts_at = h.starts_at
      returning c.budget_id, c.subject, c.exhausted_at
    )
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select p_tenant, 'budget.exhausted', app.uuid7(), case when app.agent_id() is not null then 'agent' when app.user_id() is not null then 'member' else 'system' end,
      coalesce(app.agent_id()::text, app.user_id()::text, 'budgets'), (p_scopes ->> 'run_id')::uuid,
      jsonb_strip_nulls(jsonb_build_object('budget_id', b.id, 'budget', b.name, 'scope', b.scope, 'measure', b.measure, 'window', b.window,
        'outcome', b.outcome, 'run_id', p_scopes ->> 'run_id', 'agent_id', p_scopes ->> 'agent_id'))
    from refused f join public.budgets b on b.id = f.budget_id
    -- once a window
    where f.exhausted_at = v_at;
    return v_refused;
  end if;

  if v_holds is not null then
    update public.budget_counters c
    set reserved = c.reserved + case when b.kind = 'rate' or h.measure = 'depth' then 0 else h.amount end,
        used = case when h.measure = 'depth' then greatest(c.used, h.amount) else c.used end,
        tokens = case when b.kind = 'rate' then
          engine.refill(c.tokens, c.refilled_at, b.limit::integer, b.per_seconds, b.burst, v_now) - h.amount end,
        refilled_at = case when b.kind = 'rate' then greatest(c.refilled_at, v_now) end,
        changed_at = clock_timestamp()
    from unnest(v_holds) h join public.budgets b on b.id = h.budget_id
    where c.budget_id = h.budget_id and c.subject = h.subject and c.starts_at = h.starts_at;
  end if;
  insert into public.budget_reservations as r (id, tenant_id, request_key, run_id, step_id, agent_id, model, amounts, holds, expires_at)
  values (p_id, p_tenant, p_key, (p_scopes ->> 'run_id')::uuid, (p_scopes ->> 'step_id')::uuid, (p_scopes ->> 'agent_id')::uuid,
    p_scopes ->> 'model', p_amounts, coalesce(v_holds, '{}'), clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0))
  on conflict (tenant_id, request_key) do update
  set run_id = excluded.run_id, step_id = excluded.step_id, agent_id = excluded.agent_id, model = excluded.model, amounts = excluded.amounts,
      holds = excluded.holds, expires_at = excluded.expires_at, state = 'open', ended_at = null, created_at = clock_timestamp()
  returning r.id into p_id;
  return jsonb_build_object('outcome', 'reserved', 'id', p_id, 'state', 'open', 'replayed', false);
end
$function$
;

CREATE OR REPLACE FUNCTION app.retire_kek(p_kid text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_status text;
begin
  perform pg_advisory_xact_lock(82, 1);
  select k.status into v_status from app.keks k where k.kid = p_kid for update;
  if v_status is null then
    return 'unknown';
  elsif v_status <> 'previous' then
    return v_status;
  elsif exists (select from public.secure_key_versions v where v.kek = p_kid)
    or exists (select from public.content_keys c where c.kek = p_kid and c.wrapped is not null)
  then
    return 'in_use';
  end if;
  update app.keks k set status = 'retired', retired_at = clock_timestamp() where k.kid = p_kid;
  return 'done';
end
$function$
;

CREATE OR REPLACE FUNCTION app.retire_key(p_tenant uuid, p_key uuid, p_actor uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  update public.secure_keys k set status = 'retired', updated_at = clock_timestamp()
  where k.id = p_key and k.tenant_id = p_tenant and k.status = 'active';
  if not found then
    return false;
  end if;
  update public.secure_key_versions v set jwe = null, kek = null where v.key_id = p_key and v.jwe is not null;
  insert into public.secure_keys_audit (tenant_id, key_id, version, provider, name, action, actor_type, actor_id)
  select k.tenant_id, k.id, k.version, k.provider, k.name, 'retired', 'member', p_actor::text
  from public.secure_keys k where k.id = p_key;
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION app.rewrap_content_keys(p_rows jsonb)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with written as (
    update public.content_keys c set wrapped = decode(w.wrapped, 'base64'), kek = w.kek
    from jsonb_to_recordset(p_rows) as w (id uuid, "from" text, wrapped text, kek text)
    where c.id = w.id and c.wrapped = decode(w."from", 'base64')
      and exists (select from app.keks k where k.kid = w.kek and k.status = 'current')
    returning 1
  )
  select count(*)::integer from written
$function$
;

CREATE OR REPLACE FUNCTION app.rewrap_keys(p_rows jsonb, p_actor_type text, p_actor_id text)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with wanted as (
    select * from jsonb_to_recordset(p_rows) as r (id uuid, "from" text, header jsonb, encrypted_key text)
  ),
  held as (
    select v.id, w.header, w.encrypted_key
    from wanted w
    join public.secure_key_versions v on v.id = w.id and v.jwe ->> 'encrypted_key' = w."from"
    join app.keks k on k.kid = w.header ->> 'kid' and k.status = 'current'
    order by v.id for update of v
  ),
  written as (
    update public.secure_key_versions v
    set jwe = v.jwe || jsonb_build_object('header', h.header, 'encrypted_key', h.encrypted_key), kek = h.header ->> 'kid'
    from held h where v.id = h.id
    returning v.key_id, v.tenant_id, v.version, v.kek
  ),
  noted as (
    insert into public.secure_keys_audit (tenant_id, key_id, version, provider, name, action, actor_type, actor_id, kek)
    select w.tenant_id, w.key_id, w.version, k.provider, k.name, 'rewrapped', p_actor_type, p_actor_id, w.kek
    from written w join public.secure_keys k on k.id = w.key_id
    returning 1
  )
  select count(*)::integer from noted
$function$
;

CREATE OR REPLACE FUNCTION app.rotate_agent_endpoint_secret(p_tenant uuid, p_agent uuid, p_secret text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_until timestamptz;
begin
  perform app.assert_tenant(p_tenant);
  update public.agent_endpoint_secrets s
  set previous = s.secret, previous_until = clock_timestamp() + interval '24 hours', secret = p_secret
  where s.agent_id = p_agent and s.tenant_id = p_tenant
  returning s.previous_until into v_until;
  return v_until;
end
$function$
;

CREATE OR REPLACE FUNCTION app.rotate_inbound_secret(p_tenant uuid, p_receiver uuid, p_secret text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_until timestamptz;
begin
  perform app.assert_tenant(p_tenant);
  update public.inbound_secrets s
  set previous = s.secret, previous_until = clock_timestamp() + interval '24 hours', secret = p_secret
  where s.receiver_id = p_receiver and s.tenant_id = p_tenant
  returning s.previous_until into v_until;
  update public.inbound_receivers r set holders = r.holders || app.user_id()
  where r.id = p_receiver and r.tenant_id = p_tenant and not app.user_id() = any (r.holders);
  return v_until;
end
$function$
;

CREATE OR REPLACE FUNCTION app.rotate_webhook_secret(p_tenant uuid, p_webhook uuid, p_secret text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_until timestamptz;
begin
  perform app.assert_tenant(p_tenant);
  update public.webhook_secrets s
  set previous = s.secret, previous_until = clock_timestamp() + interval '24 hours', secret = p_secret
  where s.webhook_id = p_webhook and s.tenant_id = p_tenant
  returning s.previous_until into v_until;
  return v_until;
end
$function$
;

CREATE OR REPLACE FUNCTION app.routing_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION app.routing_state(p_tenant uuid, p_known text, p_since double precision, p_own text[])
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_keys jsonb;
  v_version text;
  v_config jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object('provider', k.provider, 'name', k.name) order by k.provider, k.name), '[]')
  into v_keys from app.usable_keys(p_tenant) k;
  select coalesce(max(v.version) filter (where v.tenant_id is not null), 0) || '.' || coalesce(max(v.version) filter (where v.tenant_id is null), 0)
    || '.' || md5(v_keys::text)
  into v_version from app.routing_versions v where v.tenant_id = p_tenant or v.tenant_id is null;

  if v_version is distinct from p_known then
    with providers as (
      select p.* from public.llm_providers p
      where (p.tenant_id = p_tenant
          or (p.tenant_id is null and not exists (
            select from public.llm_providers own where own.tenant_id = p_tenant and own.name = p.name)))
        and (p.kind = 'simulated' or p.name = any (p_own)
          or p.key_name is null
          or exists (select from jsonb_to_recordset(v_keys) k (provider text, name text) where k.provider = p.name and k.name = p.key_name))
    ),
    usable as (
      select p.name from providers p union select unnest(p_own)
    ),
    models as (
      select m.* from public.llm_models m
      where m.provider in (select u.name from usable u)
        and (m.tenant_id = p_tenant
          or (m.tenant_id is null and not exists (
            select from public.llm_models own where own.tenant_id = p_tenant and own.provider = m.provider and own.name = m.name)))
    )
    select jsonb_build_object(
      'providers', (select coalesce(jsonb_agg(jsonb_build_object('name', p.name, 'region', p.region, 'kind', p.kind, 'enabled', p.enabled,
          'base_url', p.base_url, 'headers', p.headers, 'key_name', p.key_name) order by p.name, p.region), '[]') from providers p),
      'models', (select coalesce(jsonb_agg(jsonb_build_object('provider', m.provider, 'name', m.name, 'aliases', m.aliases,
          'context_tokens', m.context_tokens, 'max_output_tokens', m.max_output_tokens, 'capabilities', m.capabilities,
          'quality', m.quality, 'enabled', m.enabled) order by m.provider, m.name), '[]') from models m),
      -- amounts as text: they are counted exactly
      'prices', (select coalesce(jsonb_agg(jsonb_build_object('provider', p.provider, 'model', p.model,
          'from', (extract(epoch from p.effective_from) * 1000)::bigint, 'above_tokens', p.above_tokens, 'own', p.tenant_id is not null,
          'withdrawn', p.withdrawn, 'input', p.input::text, 'output', p.output::text, 'cache_read', p.cache_read::text,
          'cache_write', p.cache_write::text, 'reasoning', p.reasoning::text) order by p.provider, p.model, p.effective_from, p.above_tokens), '[]')
        from app.prices_in_use(p_tenant) p where p.provider in (select u.name from usable u)),
      -- known, and not to be called for want of a key: for saying so
      'locked', (select coalesce(jsonb_agg(jsonb_build_object('provider', l.provider, 'key_name', l.key_name, 'models', l.models)), '[]')
        from (
          select p.name as provider, min(p.key_name) as key_name, array_agg(distinct m.name) as models
          from public.llm_providers p join public.llm_models m on m.provider = p.name
          where (p.tenant_id is null or p.tenant_id = p_tenant) and (m.tenant_id is null or m.tenant_id = p_tenant)
            and p.name not in (select u.name from usable u)
          group by p.name
        ) as l),
      'policies', (select coalesce(jsonb_agg(jsonb_build_object('name', r.name, 'version', r.version, 'body', r.body) order by r.name), '[]')
        from app.policies_in_use(p_tenant) r)
    ) into v_config;
  end if;

  return jsonb_build_object(
    'clock', (extract(epoch from clock_timestamp()) * 1000)::double precision,
    'version', v_version,
    'config', v_config,
    'health', (select coalesce(jsonb_agg(jsonb_build_object('own', h.tenant_id is not null, 'provider', h.provider, 'model', h.model,
        'region', h.region, 'window', h."window", 'at', (extract(epoch from h.updated_at) * 1000)::double precision)), '[]')
      from public.provider_health h
      where (h.tenant_id = p_tenant or h.tenant_id is null)
        and h.updated_at > to_timestamp(coalesce(p_since, 0) / 1000)));
end
$function$
;

CREATE OR REPLACE FUNCTION app.ruled_tenants()
 RETURNS TABLE(id uuid, slug text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select t.id, t.slug from public.tenants t
  where app.operates_plane() and exists (select from public.claim_rules r where r.tenant_id = t.id and r.by_plane)
$function$
;

CREATE OR REPLACE FUNCTION app.settle_budget(p_id uuid, p_actual jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_known public.budget_reservations;
  v_actual jsonb;
  v_late boolean;
  v_overrun jsonb;
  v_more jsonb;
  v_holds app.budget_hold[];
begin
  if exists (select from jsonb_each_text(p_actual) a where a.value !~ '^\d{1,38}$') then
    raise invalid_parameter_value using message = 'amounts are whole numbers of at least 0';
  end if;
  select r.* into v_known from public.budget_reservations r where r.id = p_id for update;
  if not found then
    return null;
  elsif v_known.state = 'settled' or (p_actual is null and v_known.state <> 'open') then
    return jsonb_build_object('settled', false, 'late', v_known.late, 'overrun', coalesce(v_known.overrun, '{}'));
  end if;
  v_holds := v_known.holds;
  -- of what nobody had thought of beforehand nothing is reserved, and it is counted all the same
  select jsonb_object_agg(a.key, '0') into v_more from jsonb_object_keys(p_actual) a (key) where not v_known.amounts ? a.key;
  if v_more is not null then
    v_holds := v_holds || app.budgets_for(v_known.tenant_id, jsonb_strip_nulls(jsonb_build_object('run_id', v_known.run_id,
      'step_id', v_known.step_id, 'agent_id', v_known.agent_id, 'model', v_known.model)), v_more, v_known.created_at);
    perform app.ensure_counters(v_known.tenant_id, v_holds, clock_timestamp());
  end if;
  if v_holds <> '{}' then
    perform app.lock_counters(v_holds, '{}');
  end if;
  if p_actual is null then
    perform app.free_holds(array[p_id], 'released');
    return jsonb_build_object('settled', true, 'late', false, 'overrun', '{}'::jsonb);
  end if;

  v_actual := v_known.amounts || p_actual;
  v_late := v_known.state <> 'open';
  select coalesce(jsonb_object_agg(a.key, (a.value::numeric - coalesce((v_known.amounts ->> a.key)::numeric, 0))::text), '{}') into v_overrun
  from jsonb_each_text(v_actual) a
  where a.key <> 'depth' and a.value::numeric > coalesce((v_known.amounts ->> a.key)::numeric, 0);

  if v_holds <> '{}' then
    update public.budget_counters c
    set reserved = c.reserved - case when v_late or b.kind = 'rate' or h.measure = 'depth' then 0 else h.amount end,
        used = case
          when h.measure = 'depth' then greatest(c.used, u.actual)
          when b.window in ('at_once', 'rate') then c.used
          else c.used + u.actual end,
        overrun = c.overrun + case
          when h.measure = 'depth' or b.window in ('at_once', 'rate') then 0
          when v_late then u.actual
          else greatest(u.actual - h.amount, 0) end,
        tokens = case when b.kind = 'rate' then
          least(b.burst, c.tokens + case v_known.state when 'released' then 0 else h.amount end - u.actual) end,
        changed_at = clock_timestamp()
    from unnest(v_holds) h
    join public.budgets b on b.id = h.budget_id
    cross join lateral (select (v_actual ->> h.measure)::numeric as actual) u
    where c.budget_id = h.budget_id and c.subject = h.subject and c.starts_at = h.starts_at;
  end if;
  update public.budget_reservations r
  set state = 'settled', holds = v_holds, actual = v_actual, overrun = v_overrun, late = v_late, ended_at = clock_timestamp()
  where r.id = p_id;

  if v_actual ?| array['usd', 'tokens', 'calls'] then
    insert into public.usage_counters as u (tenant_id, starts_at, agent_id, model, calls, tokens, cost_pico, overruns, late)
    values (v_known.tenant_id, date_trunc('hour', v_known.created_at, app.time_zone(v_known.tenant_id)), v_known.agent_id, v_known.model,
      coalesce((v_actual ->> 'calls')::bigint, 0), coalesce((v_actual ->> 'tokens')::bigint, 0), coalesce((v_actual ->> 'usd')::numeric, 0),
      (v_overrun <> '{}')::integer, v_late::integer)
    on conflict on constraint usage_counters_once do update
    set calls = u.calls + excluded.calls, tokens = u.tokens + excluded.tokens, cost_pico = u.cost_pico + excluded.cost_pico,
        overruns = u.overruns + excluded.overruns, late = u.late + excluded.late;
  end if;
  return jsonb_build_object('settled', true, 'late', v_late, 'overrun', v_overrun);
end
$function$
;

CREATE OR REPLACE FUNCTION app.snapshot_rows(p_table text, p_key text, p_ids uuid[])
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_rows jsonb;
begin
  if not exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = to_regclass('public.' || p_table) and a.attname = p_key and not a.attisdropped
  ) then
    return '[]';
  end if;
  execute format('select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t) ->> ''id''), ''[]'') from public.%I t where t.%I = any ($1)', p_table, p_key)
  into v_rows using p_ids;
  return v_rows;
end
$function$
;

CREATE OR REPLACE FUNCTION app.steps_above(p_step uuid)
 RETURNS text[]
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_chain text[] := array[p_step::text];
  v_step uuid := p_step;
begin
  loop
    select s.parent_step_id into v_step from public.steps s where s.id = v_step;
    exit when v_step is null or cardinality(v_chain) > 16;
    v_chain := v_chain || v_step::text;
  end loop;
  return v_chain;
end
$function$
;

CREATE OR REPLACE FUNCTION app.storage_tenant()
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select app.claims() ->> 'storage_tenant'
$function$
;

CREATE OR REPLACE FUNCTION app.store_health(p_rows jsonb)
 RETURNS double precision
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_row record;
  v_before text;
  v_now timestamptz := clock_timestamp();
begin
  for v_row in
    select r.* from jsonb_to_recordset(p_rows)
      r (tenant_id uuid, provider text, model text, region text, "window" jsonb, state text, error_rate double precision)
  loop
    select h.state into v_before from public.provider_health h
    where h.tenant_id is not distinct from v_row.tenant_id and h.provider = v_row.provider and h.model = v_row.model and h.region = v_row.region;
    continue when not found;
    update public.provider_health h
    set "window" = v_row."window", state = v_row.state, updated_at = v_now,
      state_since = case when h.state = v_row.state then h.state_since else v_now end
    where h.tenant_id is not distinct from v_row.tenant_id and h.provider = v_row.provider and h.model = v_row.model and h.region = v_row.region;
    if (v_before = 'healthy') = (v_row.state = 'healthy') and not (v_before = 'degraded' and v_row.state = 'open') then
      continue;
    end if;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
    select t.id, case v_row.state when 'healthy' then 'provider.healed' else 'provider.degraded' end, app.uuid7(), 'system', 'model-router',
      jsonb_build_object('provider', v_row.provider, 'model', v_row.model, 'region', v_row.region, 'state', v_row.state,
        'error_rate', v_row.error_rate)
    from public.tenants t
    where t.id = v_row.tenant_id or (v_row.tenant_id is null and t.operates_plane);
  end loop;
  return (extract(epoch from v_now) * 1000)::double precision;
end
$function$
;

CREATE OR REPLACE FUNCTION app.submit_tasks(p_tenant uuid, p_member uuid, p_key text, p_fingerprint text, p_tasks jsonb, p_judged_by jsonb, p_audit text, p_correlation uuid, p_traceparent text)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_key jsonb;
  v_by jsonb;
  v_queued json;
  v_topic text := 'tenant:' || p_tenant;
begin
  perform set_config('request.jwt.claims',
    jsonb_build_object('role', 'nofx_member', 'sub', p_member, 'tenant_id', p_tenant)::text, true);
  v_key := app.claim_key(p_tenant, 'tasks.submit', p_key);
  if not (v_key ->> 'locked')::boolean or (v_key #>> '{known,valid}')::boolean then
    return json_build_object('key', v_key);
  end if;
  v_by := app.judged_by(p_tenant, p_judged_by ? 'shell');
  if v_by <> p_judged_by then
    return json_build_object('judge_by', v_by);
  end if;
  v_queued := engine.enqueue(p_tenant, p_tasks, 'member', p_member::text, p_correlation, p_traceparent);
  perform app.keep_answer(p_tenant, 'tasks.submit', p_key, p_fingerprint,
    jsonb_build_object('value', jsonb_build_object('runs', v_queued -> 'runs', 'existing', v_queued -> 'existing')));
  -- as app.nudge, which would ask again. Nobody can listen to a run that was not there, so the tenant's topic is enough
  perform realtime.send(jsonb_build_object('topic', v_topic, 'seq', null), 'nudge', v_topic, true);
  perform app.append_audit(p_tenant, 'tasks.submitted', 'member', p_member::text, p_audit);
  return json_build_object('queued', v_queued);
end
$function$
;

CREATE OR REPLACE FUNCTION app.sync_agent_capabilities()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  delete from public.agent_capabilities c where c.agent_id = new.id and c.capability <> all (new.capabilities);
  insert into public.agent_capabilities (agent_id, capability, tenant_id)
  select new.id, w.capability, new.tenant_id from (select distinct u.capability from unnest(new.capabilities) u (capability)) w
  on conflict do nothing;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION app.take_back_from_agent(p_tenant uuid, p_agent uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_claims text := current_setting('request.jwt.claims', true);
  v_held jsonb;
  v_answer jsonb;
begin
  perform app.assert_tenant(p_tenant);
  if app.agent_id() is not null then
    raise insufficient_privilege using message = 'people take back';
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('step_id', s.id, 'epoch', s.epoch, 'outcome', 'released')), '[]') into v_held
  from public.steps s
  where s.tenant_id = p_tenant and s.lease_owner = p_agent::text and s.executor = 'agent' and s.status in ('assigned', 'running');
  -- nothing can be settled for one that is out already: its leases run out
  if jsonb_array_length(v_held) = 0 or not exists (
    select from public.agent_registry a where a.id = p_agent and a.tenant_id = p_tenant
      and (a.status in ('active', 'draining') or (a.status = 'quarantined' and a.status_by = 'breaker'))
  ) then
    return '{"results": [], "for_workers": 0, "for_agents": 0}';
  end if;
  perform set_config('request.jwt.claims', jsonb_build_object('role', 'nofx_agent', 'agent_id', p_agent, 'tenant_id', p_tenant)::text, true);
  v_answer := engine.settle(p_agent::text, 'agent', p_tenant, v_held);
  perform set_config('request.jwt.claims', v_claims, true);
  return v_answer;
end
$function$
;

CREATE OR REPLACE FUNCTION app.take_snapshot(p_tenant uuid, p_plan uuid, p_kind text, p_actor_type text, p_actor_id text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_approvals uuid[];
  v_text text;
  v_digest text;
begin
  perform app.assert_tenant(p_tenant);
  select coalesce(array_agg(a.id), '{}') into v_approvals from public.approvals a where a.plan_id = p_plan and a.tenant_id = p_tenant;
  select json_build_object('format', 'nofx.snapshot.v1', 'kind', p_kind, 'at', app.audit_time(clock_timestamp()),
    'actor', p_actor_type || ':' || p_actor_id, 'plan', to_jsonb(p),
    'verdicts', app.snapshot_rows('plan_evaluations', 'plan_id', array[p_plan]),
    'approvals', app.snapshot_rows('approvals', 'plan_id', array[p_plan]),
    'decisions', app.snapshot_rows('approval_decisions', 'approval_id', v_approvals),
    'comments', app.snapshot_rows('approval_comments', 'approval_id', v_approvals),
    'overrides', app.snapshot_rows('gate_overrides', 'plan_id', array[p_plan]),
    'runs', app.snapshot_rows('runs', 'plan_id', array[p_plan]),
    'judged', (select s.digest from public.audit_snapshots s where s.plan_id = p_plan and s.kind = 'judged' order by s.id limit 1),
    'steps', case when p_kind = 'judged' then coalesce(
      -- what the digest of the plan is taken of, and the verdict; as text and not by jsonb, which takes four times as long
      (select json_agg(s order by s.position) from (
        select t.id, t.backlog_item_id, t.item_key, t.name, t.title, t.kind, t.executor, t.capability, t.queue, t.arguments, t.needs, t.priority,
          t.position, t.sensitive, t.risk, t.labels, t.owner, t.undo, t.pivot, t.max_failures, t.deadline_seconds, t.token,
          t.arguments_digest, t.verdict
        from public.plan_steps t where t.plan_id = p_plan
      ) s), '[]') end)::text
  into v_text
  from public.plans p where p.id = p_plan and p.tenant_id = p_tenant;
  if v_text is null then
    return null;
  end if;
  v_digest := encode(sha256(convert_to(v_text, 'UTF8')), 'hex');
  insert into public.audit_snapshots (tenant_id, plan_id, kind, digest, size, body)
  values (p_tenant, p_plan, p_kind, v_digest, octet_length(v_text), v_text);
  return v_digest;
end
$function$
;

CREATE OR REPLACE FUNCTION app.tenant_ids()
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if app.agent_id() is null then
    return query select m.tenant_id from public.members m where m.user_id = app.user_id();
  else
    return query select a.tenant_id from public.agent_registry a
      where a.id = app.agent_id() and (a.status in ('active', 'draining') or (a.status = 'quarantined' and a.status_by = 'breaker'));
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION app.tenant_to_rule(p_slug text)
 RETURNS uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select t.id from public.tenants t where t.slug = p_slug and app.operates_plane()
$function$
;

CREATE OR REPLACE FUNCTION app.time_zone(p_tenant uuid)
 RETURNS text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return coalesce((select s.value #>> '{}' from public.tenant_settings s where s.tenant_id = p_tenant and s.key = 'time_zone'), 'UTC');
end
$function$
;

CREATE OR REPLACE FUNCTION app.unwell_providers(p_limit integer)
 RETURNS TABLE(tenant_id uuid, provider text, model text, region text, state text, probe boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select h.tenant_id, h.provider, h.model, h.region, h.state, coalesce(p.probe and p.enabled, false)
  from public.provider_health h
  left join public.llm_providers p on p.tenant_id = h.tenant_id and p.name = h.provider and p.region = h.region
  where h.state <> 'healthy' and h.updated_at > clock_timestamp() - interval '1 day'
  order by h.updated_at
  limit p_limit
$function$
;

CREATE OR REPLACE FUNCTION app.usable_keys(p_tenant uuid)
 RETURNS TABLE(provider text, name text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return query select k.provider, k.name from public.secure_keys k where k.tenant_id = p_tenant and k.status = 'active';
end
$function$
;

CREATE OR REPLACE FUNCTION app.use_key(p_tenant uuid, p_provider text, p_name text, p_actor_type text, p_actor_id text, p_run uuid, p_step uuid, p_purpose text, p_except uuid)
 RETURNS TABLE(key_id uuid, version_id uuid, version integer, jwe jsonb, digest text, kek_status text)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with head as (
    select a.key_id, a.version, a.action, a.overlap_until
    from public.secure_keys_audit a
    where a.tenant_id = p_tenant and a.provider = p_provider and a.name = p_name and a.action in ('put', 'rotated', 'retired')
    order by a.seq desc limit 1
  ),
  wanted as (
    select h.key_id, w.version
    from head h
    left join public.secure_key_versions newest on newest.key_id = h.key_id and newest.version = h.version
    cross join lateral (
      select case when p_except is null or newest.id is distinct from p_except then h.version
                  when h.overlap_until > clock_timestamp() then h.version - 1 end as version
    ) as w
    where h.action <> 'retired' and w.version is not null
  ),
  noted as (
    insert into public.secure_keys_audit
      (tenant_id, key_id, version, provider, name, action, actor_type, actor_id, run_id, step_id, purpose)
    select p_tenant, w.key_id, w.version, p_provider, p_name, 'used', p_actor_type, p_actor_id, p_run, p_step, p_purpose from wanted w
    returning key_id, version
  )
  select n.key_id, v.id, n.version, v.jwe, put.digest, k.status
  from noted n
  left join public.secure_key_versions v on v.key_id = n.key_id and v.version = n.version
  left join app.keks k on k.kid = v.jwe -> 'header' ->> 'kid'
  left join lateral (
    select a.digest from public.secure_keys_audit a
    where a.key_id = n.key_id and a.version = n.version and a.action in ('put', 'rotated')
    order by a.seq limit 1
  ) as put on true
$function$
;

CREATE OR REPLACE FUNCTION app.used(p_output jsonb, p_what text)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select case when jsonb_typeof(p_output -> 'usage' -> p_what) = 'number'
    then greatest(0, (p_output -> 'usage' ->> p_what)::double precision) end
$function$
;

CREATE OR REPLACE FUNCTION app.user_id()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select nullif(app.claims() ->> 'sub', '')::uuid
$function$
;

CREATE OR REPLACE FUNCTION app.uuid7()
 RETURNS uuid
 LANGUAGE plpgsql
 PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_us bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  return encode(
    overlay(
      overlay(uuid_send(gen_random_uuid()) placing substring(int8send(v_us / 1000) from 3) from 1 for 6)
      placing substring(int4send((28672 + (v_us % 1000) * 4096 / 1000)::integer) from 3) from 7 for 2),
    'hex')::uuid;
end
$function$
;

CREATE OR REPLACE FUNCTION app.window_end(p_window text, p_zone text, p_at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case p_window
    when 'minute' then date_trunc('minute', p_at, p_zone) + interval '1 minute'
    when 'hour' then date_trunc('hour', p_at, p_zone) + interval '1 hour'
    when 'day' then (date_trunc('day', p_at at time zone p_zone) + interval '1 day') at time zone p_zone
    when 'month' then (date_trunc('month', p_at at time zone p_zone) + interval '1 month') at time zone p_zone
  end
$function$
;

CREATE OR REPLACE FUNCTION app.window_start(p_window text, p_zone text, p_at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case when p_window in ('minute', 'hour', 'day', 'month') then date_trunc(p_window, p_at, p_zone) else timestamptz '1970-01-01 00:00:00+00' end
$function$
;

CREATE OR REPLACE FUNCTION engine.accept_loss(p_approval uuid, p_new uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_approval public.approvals;
begin
  select a.* into v_approval from public.approvals a
  where a.id = p_approval and a.name = 'accept_loss' and a.subject = 'step' and a.requested_by_type = 'member' and a.status = 'approved';
  if not found then
    return null;
  end if;
  perform app.assert_tenant(v_approval.tenant_id);
  return engine.settle_letter(v_approval.tenant_id, (v_approval.arguments ->> 'dead_letter')::uuid,
    (v_approval.arguments ->> 'version')::integer, 'accepted', v_approval.why, v_approval.requester_user_id, p_new,
    v_approval.requested_by_name, v_approval.correlation_id, null);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.agent_evidence(p_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with due as materialized (
    select o.* from public.agent_outcomes o where o.at < clock_timestamp() - interval '1 s' order by o.id limit p_limit
  )
  select jsonb_build_object(
    'outcomes', (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'agent_id', d.agent_id, 'capability', d.capability,
        'step_id', d.step_id, 'error_code', d.error_code, 'succeeded', d.succeeded, 'ms', d.ms, 'claimed_at', extract(epoch from d.claimed_at) * 1000, 'at', extract(epoch from d.at) * 1000,
        'cost_pico', (select sum(m.cost_pico) from public.model_calls m
          where m.step_id = d.step_id and m.agent_id = d.agent_id and m.started_at >= d.claimed_at)) order by d.id), '[]') from due d),
    'agents', (select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'status', a.status, 'status_by', a.status_by, 'breaker', a.breaker,
        'breaker_enabled', a.breaker_enabled, 'revision', a.revision)), '[]')
      from public.agent_registry a where a.id in (select d.agent_id from due d)),
    'capabilities', (select coalesce(jsonb_agg(jsonb_build_object('agent_id', c.agent_id, 'capability', c.capability, 'recent', c.recent,
        'declared_success_rate', c.declared_success_rate, 'declared_latency_ms', c.declared_latency_ms,
        'declared_cost_pico', c.declared_cost_pico)), '[]')
      from public.agent_capabilities c join (select distinct d.agent_id, d.capability from due d) u
        on u.agent_id = c.agent_id and u.capability = c.capability))
$function$
;

CREATE OR REPLACE FUNCTION engine.agent_groups(p_tenant uuid, p_capabilities text[])
 RETURNS engine.agent_group[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
begin
  return (with recursive g as (
    select f.* from unnest(p_capabilities) as c (capability) cross join lateral (
      select s.capability, s.queue, s.handler, s.priority from public.steps s
      where s.tenant_id = p_tenant and s.capability = c.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
      order by s.tenant_id, s.capability, s.queue, s.handler, s.priority limit 1) f
    union all
    select n.* from g cross join lateral (
      select s.capability, s.queue, s.handler, s.priority from public.steps s
      where s.tenant_id = p_tenant and s.capability = g.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
        and (s.queue, s.handler, s.priority) > (g.queue, g.handler, g.priority)
      order by s.tenant_id, s.capability, s.queue, s.handler, s.priority limit 1) n
  )
  select coalesce(array_agg(l::engine.agent_group), '{}') from g l);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.agent_room(p_tenant uuid, p_agent uuid, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_agent record;
  v_held integer;
begin
  select a.status, a.status_by, a.trial_at, a.max_concurrency into v_agent
  from public.agent_registry a where a.id = p_agent and a.tenant_id = p_tenant;
  if not found or v_agent.status in ('draining', 'retired') then
    return 0;
  end if;
  if v_agent.status = 'quarantined'
      and (v_agent.status_by <> 'breaker' or v_agent.trial_at is null or v_agent.trial_at > clock_timestamp()) then
    return 0;
  end if;
  if v_agent.status = 'active' and v_agent.max_concurrency is null then
    return p_limit;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('nofx:agent_room:' || p_agent::text, 0));
  select count(*) into v_held from public.steps s
  where s.tenant_id = p_tenant and s.lease_owner = p_agent::text and s.executor = 'agent' and s.status in ('assigned', 'running');
  if v_agent.status = 'quarantined' then
    return least(p_limit, case when v_held = 0 then 1 else 0 end);
  end if;
  return greatest(0, least(p_limit, v_agent.max_concurrency - v_held));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.agents_for(p_tenant uuid, p_capability text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET jit TO 'off'
AS $function$
  with able as (
    select a.id, a.name, c.samples, c.success_rate, c.latency_ms, c.cost_pico, a.max_concurrency, h.slots, held.n as held,
      greatest(a.last_seen_at, h.last_seen_at) > clock_timestamp() - interval '60 s' as here
    from public.agent_capabilities c
    join public.agent_registry a on a.id = c.agent_id and a.status = 'active'
    left join lateral (
      select sum(p.slots) as slots, max(p.last_seen_at) as last_seen_at from public.agent_presence p
      where p.agent_id = a.id and p.last_seen_at > clock_timestamp() - interval '60 s') h on true
    left join lateral (
      select count(*) as n from public.steps s
      where s.tenant_id = p_tenant and s.lease_owner = a.id::text and s.executor = 'agent' and s.status in ('assigned', 'running')) held on true
    where c.tenant_id = p_tenant and c.capability = p_capability
    order by here desc nulls last, held.n, a.last_seen_at desc nulls last limit 200
  )
  select coalesce(jsonb_agg(jsonb_build_object('agentId', a.id, 'name', a.name, 'samples', a.samples, 'success', a.success_rate,
    'latencyMs', a.latency_ms, 'costPico', a.cost_pico, 'slots', least(a.max_concurrency, coalesce(a.slots, a.max_concurrency, 1)),
    'held', a.held) order by a.id), '[]')
  from able a
  where a.here or not exists (select from able o where o.here)
$function$
;

CREATE OR REPLACE FUNCTION engine.allow(p_tenant uuid, p_queue text, p_handler text, p_owner text, p_want integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_limits uuid[];
  v_paused boolean;
  v_rule public.claim_rules;
  v_held integer := 0;
  v_running integer;
  v_now timestamptz;
  v_allowed integer := p_want;
begin
  select array_agg(r.id) filter (where r.max_running is not null or r.rate is not null), bool_or(r.paused_at is not null)
  into v_limits, v_paused
  from engine.rules_for(p_tenant, p_queue, p_handler, p_owner) r;
  if v_paused then
    return 0;
  elsif v_limits is null then
    return p_want;
  end if;

  for v_rule in select * from public.claim_rules r where r.id = any (v_limits) order by r.id for update skip locked loop
    v_held := v_held + 1;
    continue when v_allowed <= 0;
    -- it may have been paused after the look above
    if v_rule.paused_at is not null then
      v_allowed := 0;
      continue;
    end if;
    if v_rule.max_running is not null then
      select count(*) into v_running from (
        select from public.steps s
        where s.status in ('assigned', 'running')
          and (v_rule.tenant_id is null or s.tenant_id = v_rule.tenant_id)
          and (v_rule.queue is null or s.queue = v_rule.queue)
          and (v_rule.agent is null or s.lease_owner = v_rule.agent::text)
          and (v_rule.type is null or engine.is_of_type(v_rule.type, s.kind, s.capability))
        limit v_rule.max_running) as running;
      if v_rule.reserved_by = pg_current_xact_id() then
        v_running := v_running + v_rule.reserved;
      end if;
      v_allowed := least(v_allowed, v_rule.max_running - v_running);
    end if;
    if v_rule.rate is not null then
      v_now := clock_timestamp();
      v_allowed := least(v_allowed, floor(
        engine.refill(v_rule.tokens, v_rule.refilled_at, v_rule.rate, v_rule.per_seconds, v_rule.burst, v_now)));
    end if;
  end loop;
  if v_held < cardinality(v_limits) or v_allowed <= 0 then
    return 0;
  end if;

  -- the instant of the last look, which is not before any other rule's: what came in between stays in the bucket for the next
  v_now := coalesce(v_now, clock_timestamp());
  update public.claim_rules r
  set reserved = v_allowed + case when r.reserved_by = pg_current_xact_id() then r.reserved else 0 end,
      reserved_by = pg_current_xact_id(),
      tokens = engine.refill(r.tokens, r.refilled_at, r.rate, r.per_seconds, r.burst, v_now) - v_allowed,
      refilled_at = case when r.rate is not null then greatest(r.refilled_at, v_now) end
  where r.id = any (v_limits);
  return v_allowed;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.announced_artifact(p_tenant uuid, p_step uuid, p_epoch bigint, p_artifact uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
begin
  return (select engine.artifact_json(a) || jsonb_build_object('tenant_id', a.tenant_id)
          from public.artifacts a where a.id = p_artifact and a.step_id = v_step.id);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.answer_json(p_approval approvals)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object('name', p_approval.name, 'status', p_approval.status, 'approval_id', p_approval.id,
    'arguments', coalesce(p_approval.edited_arguments, p_approval.arguments), 'edited', p_approval.edited_arguments is not null,
    'held', p_approval.status = 'pending',
    'reason', (select d.reason from public.approval_decisions d where d.approval_id = p_approval.id order by d.at desc limit 1))
$function$
;

CREATE OR REPLACE FUNCTION engine.answer_wait(p_tenant uuid, p_wait uuid, p_answer jsonb, p_actor_type text, p_actor_id text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_wait public.waits;
  v_freed record;
begin
  perform app.assert_tenant(p_tenant);
  perform from public.steps s
  where s.id = (select w.step_id from public.waits w where w.id = p_wait and w.tenant_id = p_tenant) for update;
  select w.* into v_wait from public.waits w where w.id = p_wait and w.tenant_id = p_tenant and w.kind = 'person';
  if not found then
    return null;
  end if;
  if v_wait.status <> 'open' then
    return jsonb_build_object('result', 'closed', 'status', v_wait.status, 'for_workers', 0, 'for_agents', 0);
  end if;
  select * into v_freed from engine.meet_waits(array[p_wait],
    jsonb_build_object(p_wait, jsonb_build_object('answer', p_answer, 'by', p_actor_id, 'at', clock_timestamp())),
    null, p_actor_type, p_actor_id);
  return jsonb_build_object('result', 'met', 'status', 'met', 'run_id', v_wait.run_id, 'step_id', v_wait.step_id,
    'for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.answers_of(p_step uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'status', a.status,
    'arguments', coalesce(a.edited_arguments, a.arguments), 'edited', a.edited_arguments is not null, 'reason',
    (select d.reason from public.approval_decisions d where d.approval_id = a.id order by d.at desc limit 1))), '[]')
  from public.approvals a where a.step_id = p_step and a.subject in ('step', 'tool'));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.append_logs(p_tenant uuid, p_step uuid, p_epoch bigint, p_lines jsonb)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_stored integer;
begin
  insert into public.step_logs (tenant_id, run_id, step_id, epoch, seq, at, stream, text)
  select v_step.tenant_id, v_step.run_id, p_step, p_epoch, l.seq, l.at, l.stream, l.text
  from jsonb_to_recordset(p_lines) as l (seq integer, at timestamptz, stream text, text text)
  on conflict (step_id, epoch, seq) do nothing;
  get diagnostics v_stored = row_count;
  if v_stored > 0 then
    perform engine.mark_running(v_step);
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_step.tenant_id, 'step.logged', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('step_id', p_step, 'run_id', v_step.run_id, 'lines', v_stored));
  end if;
  return v_stored;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.apply_approval(p_approval uuid, p_actor_type text, p_actor_id text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_approval public.approvals;
  v_wait uuid;
  v_woken record;
  v_freed integer[] := array[0, 0];
  v_failed uuid[];
begin
  select a.* into strict v_approval from public.approvals a where a.id = p_approval;
  perform app.assert_tenant(v_approval.tenant_id);
  if v_approval.status not in ('approved', 'rejected', 'expired') then
    return jsonb_build_object('for_workers', 0, 'for_agents', 0);
  end if;

  perform from public.steps s
  where s.id = v_approval.step_id and s.status = 'queued' and s.holds & 2 = 2
  order by s.id for update;

  if v_approval.status = 'approved' then
    perform engine.give_grant(v_approval);
    perform engine.apply_edit(v_approval);
  end if;

  -- one that is an option of a wait meets it, with all that follows from that
  select w.id into v_wait from public.waits w where w.approval_id = p_approval;
  if found then
    select * into v_woken from engine.meet_waits(array[v_wait], jsonb_build_object(v_wait, engine.verdict_json(p_approval)), null,
      p_actor_type, p_actor_id);
    return jsonb_build_object('for_workers', v_woken.for_workers, 'for_agents', v_woken.for_agents);
  end if;

  if v_approval.status = 'approved' or v_approval.subject in ('step', 'tool') then
    with freed as (
      update public.steps s
      set holds = s.holds & ~2, run_at = clock_timestamp(),
          deadline_at = case when s.holds & ~2 = 0
            then s.deadline_at + (clock_timestamp() - coalesce(s.held_at, clock_timestamp())) else s.deadline_at end,
          held_at = case when s.holds & ~2 = 0 then null else s.held_at end
      where s.id = v_approval.step_id and s.status = 'queued' and s.holds & 2 = 2
      returning s.executor, s.holds
    )
    select array[count(*) filter (where f.executor = 'worker' and f.holds = 0), count(*) filter (where f.executor = 'agent' and f.holds = 0)]
    into v_freed from freed f;
  else
    -- what follows from silence: the plan's own way, unless the rule says undo, or leave
    if v_approval.status = 'expired' and v_approval.rule ->> 'onExpiry' is not null then
      update public.runs r set compensate = (v_approval.rule ->> 'onExpiry' = 'compensate')
      where r.id = v_approval.run_id and r.finished_at is null;
    end if;
    with failed as (
      update public.steps s
      set status = 'failed', finalised_at = clock_timestamp(),
          error = jsonb_build_object('code', 'approval_' || v_approval.status,
            'message', case v_approval.status when 'rejected' then 'People said no.' else 'Nobody answered in time.' end)
      where s.id = v_approval.step_id and s.status = 'queued' and s.holds & 2 = 2
      returning s.id, s.tenant_id, s.run_id, s.correlation_id, s.epoch
    ),
    told as (
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      select f.tenant_id, 'steps.settled', f.correlation_id, p_actor_type, p_actor_id, f.run_id,
        jsonb_build_object('run_id', f.run_id, 'steps', jsonb_build_array(jsonb_build_object('step_id', f.id, 'run_id', f.run_id,
          'attempt', f.epoch, 'outcome', 'failed', 'status', 'failed', 'error_code', 'approval_' || v_approval.status)))
      from failed f
    )
    select coalesce(array_agg(f.id), '{}') into v_failed from failed f;
    if cardinality(v_failed) > 0 then
      perform engine.finish('{}', v_failed, p_actor_type, p_actor_id);
    end if;
  end if;
  return jsonb_build_object('for_workers', v_freed[1], 'for_agents', v_freed[2]);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.apply_edit(p_approval approvals)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.steps s
  set arguments = p_approval.edited_arguments -> 'with',
      capability = case s.kind when 'agent' then coalesce(p_approval.edited_arguments -> 'with' ->> 'capability', s.capability) else s.capability end,
      token = encode(sha256(convert_to(s.token || '|' || p_approval.edited_digest, 'UTF8')), 'hex')
  where p_approval.edited_arguments is not null and p_approval.subject = 'plan_step' and s.id = p_approval.step_id and s.status = 'queued'
$function$
;

CREATE OR REPLACE FUNCTION engine.approval_rule(p_tenant uuid, p_subject text, p_risk text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce((
    select r.rule from public.approval_rules r
    where r.tenant_id = p_tenant and r.subject in (p_subject, '*') and r.risk in (coalesce(p_risk, '*'), '*')
    order by (r.risk <> '*') desc, (r.subject <> '*') desc limit 1), '{}')
$function$
;

CREATE OR REPLACE FUNCTION engine.archive(p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_due record;
  v_found uuid[];
  v_locked uuid[];
  v_roots uuid[];
  v_runs uuid[];
  v_steps integer := 0;
  v_count integer := 0;
  v_lag double precision := 0;
begin
  for v_due in
    select p.tenant_id, p.archive_before from engine.retention() p
    where exists (select from public.runs r where r.tenant_id = p.tenant_id and r.finished_at < p.archive_before)
    order by random()
  loop
    exit when v_count >= p_limit;
    select array_agg(d.id) into v_found
    from (
      select r.id from public.runs r
      where r.tenant_id = v_due.tenant_id and r.finished_at < v_due.archive_before and r.forked_from is null
        and engine.may_archive(r, v_due.archive_before)
      order by r.finished_at limit p_limit - v_count
    ) d;
    continue when v_found is null;

    select array_agg(l.id) into v_locked
    from (
      select r.id from public.runs r where r.id in (select k.id from engine.run_family(v_found) k)
      order by r.id for update skip locked
    ) l;
    continue when v_locked is null;

    select array_agg(r.id) into v_roots
    from public.runs r where r.id = any (v_found) and r.id = any (v_locked) and engine.may_archive(r, v_due.archive_before);
    select array_agg(f.id) into v_runs
    from (
      select k.root, k.id, bool_and(k.id = any (v_locked)) over (partition by k.root) as whole from engine.run_family(v_roots) k
    ) f where f.whole;
    continue when v_runs is null;

    select greatest(v_lag, extract(epoch from v_due.archive_before - min(r.finished_at))) into v_lag
    from public.runs r where r.id = any (v_runs);
    v_steps := v_steps + engine.move_runs(v_runs, false);
    v_count := v_count + cardinality(v_runs);
  end loop;
  return jsonb_build_object('runs', v_count, 'steps', v_steps, 'lag_seconds', round(v_lag::numeric, 3));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.artifact_json(p_artifact artifacts)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object('id', p_artifact.id, 'name', p_artifact.name, 'content_type', p_artifact.content_type,
    'size', p_artifact.size, 'sha256', p_artifact.sha256, 'path', p_artifact.path)
$function$
;

CREATE OR REPLACE FUNCTION engine.artifacts_of(p_step uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (
    select coalesce(jsonb_agg(engine.artifact_json(a) order by a.name), '[]')
    from public.artifacts a where a.step_id = p_step and a.stored_at is not null);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.as_uuid(p_text text)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case when p_text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_text::uuid end
$function$
;

CREATE OR REPLACE FUNCTION engine.ask_accept_loss(p_tenant uuid, p_letter uuid, p_version integer, p_reason text, p_arguments jsonb, p_digest text, p_name text, p_correlation uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_letter public.dead_letters;
  v_step public.steps;
  v_approval public.approvals;
begin
  perform app.assert_tenant(p_tenant);
  select d.* into v_letter from public.dead_letters d
  where d.id = p_letter and d.tenant_id = p_tenant and d.stage = 'compensate' for update;
  if not found then
    return null;
  end if;
  if v_letter.status not in ('new', 'triaged') or v_letter.version <> coalesce(p_version, v_letter.version) then
    return jsonb_build_object('result', 'conflict', 'status', v_letter.status, 'version', v_letter.version);
  end if;
  v_step := engine.letter_step(v_letter);
  insert into public.approvals (tenant_id, subject, run_id, step_id, name, title, question, why, arguments, arguments_digest,
    requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id)
  values (p_tenant, 'step', v_step.run_id, v_step.id, 'accept_loss', 'Accept a loss: ' || v_step.title,
    'May this effect stay, although it was to be undone?', p_reason, p_arguments, p_digest,
    'member', app.user_id()::text, p_name, app.user_id(), clock_timestamp() + interval '72 hours', p_correlation)
  on conflict (step_id, name, arguments_digest) where subject = 'step' do nothing
  returning * into v_approval;
  if not found then
    select a.* into v_approval from public.approvals a
    where a.step_id = v_step.id and a.name = 'accept_loss' and a.arguments_digest = p_digest and a.subject = 'step';
    return jsonb_build_object('result', 'asked_before', 'approval_id', v_approval.id, 'status', v_approval.status);
  end if;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_tenant, 'approval.requested', p_correlation, 'member', app.user_id()::text, v_step.run_id,
    jsonb_build_object('approval_id', v_approval.id, 'subject', 'step', 'run_id', v_step.run_id, 'step_id', v_step.id));
  return jsonb_build_object('result', 'asked', 'approval_id', v_approval.id, 'status', 'pending');
end
$function$
;

CREATE OR REPLACE FUNCTION engine.ask_for_steps(p_run uuid, p_source uuid, p_edits jsonb, p_member uuid, p_member_name text, p_actor_type text, p_actor_id text)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_asked integer;
begin
  with recursive held as (
    select s.*, p_edits -> s.name as edit from public.steps s
    where s.run_id = p_run and s.status = 'queued' and s.holds & 2 = 2
  ),
  -- what was spawned, and what undoes, is asked about in the name of the plan step that it comes from; of a task there is none
  origin (step_id, at, plan_step_id) as (
    select h.id, coalesce(h.parent_step_id, h.undo_of), h.plan_step_id from held h
    union all
    select o.step_id, coalesce(s.parent_step_id, s.undo_of), s.plan_step_id
    from origin o join public.steps s on s.id = o.at where o.plan_step_id is null
  ),
  line (id, depth) as (
    select p_source, 0
    union all
    select r.forked_from, l.depth + 1 from line l join public.runs_all r on r.id = l.id where r.forked_from is not null and l.depth < 100
  ),
  asked as (
    insert into public.approvals (tenant_id, subject, plan_id, plan_step_id, run_id, step_id, title, question, why, arguments,
      arguments_digest, requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id, rule)
    select h.tenant_id, 'plan_step', r.plan_id, p.id, p_run, h.id, h.title,
      format('May step "%s" run exactly as shown?', h.name),
      case when h.edit is not null then 'Its arguments were edited for this run.'
        when p.id is null then 'Its arguments were edited for an earlier run.'
        else 'The backlog marks this item as sensitive' || case when cardinality(p.risk) > 0
          then '; risk: ' || array_to_string(p.risk, ', ') else '' end || '.' end || coalesce(required.why, ''),
      jsonb_build_object('step', h.name, 'kind', h.kind, 'with', h.arguments),
      coalesce(h.edit ->> 'digest', (
        select case when a.status = 'approved' then coalesce(a.edited_digest, a.arguments_digest) else a.arguments_digest end
        from line l
        join public.steps_all o on o.run_id = l.id and o.name = h.name
        join public.approvals a on a.step_id = o.id and a.subject = 'plan_step'
        order by l.depth, a.id desc limit 1), p.arguments_digest),
      'member', p_member::text, p_member_name, p_member, clock_timestamp() + interval '72 hours', h.correlation_id,
      coalesce(required.rule, '{}')
    from held h
    join public.runs r on r.id = p_run
    join origin o on o.step_id = h.id and (o.plan_step_id is not null or o.at is null)
    left join public.plan_steps p on p.id = o.plan_step_id
    left join lateral (
      select jsonb_build_object('groups', jsonb_agg(jsonb_build_object('group', g.group_name, 'k', 1) order by g.group_name)) as rule,
        string_agg(format(' %s has to approve it, because of its label %s.', g.group_name, g.label), '' order by g.group_name) as why
      from engine.required_groups(h.tenant_id, p.labels) g
      having count(*) > 0
    ) required on true
    returning id, tenant_id, plan_id, run_id, step_id, correlation_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select a.tenant_id, 'approval.requested', a.correlation_id, p_actor_type, p_actor_id, a.run_id,
      jsonb_build_object('approval_id', a.id, 'subject', 'plan_step', 'plan_id', a.plan_id, 'run_id', a.run_id, 'step_id', a.step_id)
    from asked a
  )
  select count(*) into v_asked from asked a;
  if v_asked <> (select count(*) from public.steps s where s.run_id = p_run and s.status = 'queued' and s.holds & 2 = 2) then
    raise exception 'a step of run % waits for a question that nobody was asked', p_run;
  end if;
  return v_asked;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.assert_caller(p_owner text, p_executor text, p_tenant uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if session_user = 'nofx_worker' then
    return;
  end if;
  if p_executor is distinct from 'agent' or p_owner is distinct from app.agent_id()::text then
    raise insufficient_privilege using message = 'an agent acts as itself';
  end if;
  perform app.assert_tenant(p_tenant);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.assert_term(p_role text, p_term bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform pg_advisory_xact_lock_shared(engine.leader_lock(p_role, 2));
  if not engine.leads(p_role, p_term) then
    raise exception 'stale term' using errcode = 'NX002', detail = format('term %s of %s is over', p_term, p_role);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.attempt_history(p_step uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_agg(jsonb_build_object('epoch', a.epoch, 'outcome', a.outcome, 'error_code', a.error_code,
    'message', a.error_message, 'executor', a.executor, 'worker_version', a.worker_version, 'claimed_at', a.claimed_at,
    'finished_at', a.finished_at) order by a.claimed_at, a.epoch), '[]')
  -- the last hundred say enough of a step that was tried more often than that
  from (select * from public.attempts x where x.step_id = p_step order by x.epoch desc limit 100) a
$function$
;

CREATE OR REPLACE FUNCTION engine.audit_sealed()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_head public.event_heads;
  v_root text;
  v_count integer := 0;
begin
  -- the sealer's own lock: both take event_heads and audit_heads, of many tenants
  perform pg_advisory_xact_lock(7_160_101);
  for v_head in select h.* from public.event_heads h where h.seq > h.audited_seq order by h.tenant_id for update loop
    select encode(sha256(convert_to(string_agg(concat_ws('|', e.seq, e.id, e.type, e.payload::text), E'\n' order by e.seq), 'UTF8')), 'hex')
    into v_root
    from public.events e where e.tenant_id = v_head.tenant_id and e.seq > v_head.audited_seq and e.seq <= v_head.seq;
    perform app.append_audit(v_head.tenant_id, 'events.sealed', 'system', 'sealer', jsonb_build_object(
      'from', v_head.audited_seq + 1, 'to', v_head.seq, 'count', v_head.seq - v_head.audited_seq, 'root', v_root)::text);
    update public.event_heads h set audited_seq = v_head.seq where h.tenant_id = v_head.tenant_id;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.barred(p_approval uuid)
 RETURNS TABLE(user_id uuid, why text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_approval public.approvals;
begin
  select a.* into v_approval from public.approvals a where a.id = p_approval;
  perform app.assert_tenant(v_approval.tenant_id);
  return query
    with chain as (
      select p.type, engine.as_uuid(p.id) as id, p.name, p.via
      from jsonb_to_recordset(v_approval.principals) as p (type text, id text, name text, via text)
    )
    select c.id, c.via from chain c where c.type = 'member' and c.id is not null
    union all
    select v_approval.requester_user_id, 'asked' where v_approval.requester_user_id is not null
    union all
    select g.owner_user_id, 'owns agent ' || g.name
    from chain c join public.agent_registry g on g.id = c.id and g.tenant_id = v_approval.tenant_id
    where c.type = 'agent' and g.owner_user_id is not null
    union all
    select k.issued_by, 'gave out a key of agent ' || c.name
    from chain c join public.agent_keys k on k.agent_id = c.id and k.tenant_id = v_approval.tenant_id
    where c.type = 'agent' and k.issued_by is not null and (k.revoked_at is null or k.revoked_at > v_approval.requested_at);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.begin_artifact(p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_content_type text, p_size bigint, p_sha256 text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_id uuid := app.uuid7();
begin
  insert into public.artifacts (id, tenant_id, run_id, step_id, epoch, name, content_type, size, sha256, path)
  values (v_id, v_step.tenant_id, v_step.run_id, p_step, p_epoch, p_name, p_content_type, p_size, p_sha256,
    v_step.tenant_id || '/' || v_step.run_id || '/' || p_step || '/' || v_id);
  return (select engine.artifact_json(a) || jsonb_build_object('tenant_id', a.tenant_id) from public.artifacts a where a.id = v_id);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.begin_redaction(p_tenant uuid, p_redaction uuid, p_runs uuid[], p_since timestamp with time zone, p_sealed bytea, p_wrapped bytea, p_kek text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_within interval := make_interval(secs => coalesce(
    (select (s.value ->> 'purge_seconds')::double precision from public.plane_settings s where s.key = 'messages'), 900));
begin
  perform app.assert_tenant(p_tenant);
  update public.redactions r
  set status = 'applied', applied_at = clock_timestamp(), sealed = p_sealed, since = p_since, next_at = clock_timestamp(),
      purge_by = clock_timestamp() + v_within,
      runs = array(
        -- with all that goes on from them
        with recursive kin (id) as (
          select x from unnest(p_runs) as x
          union
          select f.id from kin k join public.runs_all f on f.forked_from = k.id
        )
        select k.id from kin k)
  where r.id = p_redaction and r.tenant_id = p_tenant and r.status = 'pending';
  if not found then
    raise serialization_failure using message = 'that redaction was begun before';
  end if;
  insert into public.content_keys (id, tenant_id, item, wrapped, kek) values (p_redaction, p_tenant, 'redaction', p_wrapped, p_kek)
  on conflict (id) do update set wrapped = excluded.wrapped, kek = excluded.kek, destroyed_at = null;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.begin_scheduled(p_schedule schedules, p_occurrence timestamp with time zone, p_now timestamp with time zone, p_actor_type text, p_actor_id text, p_correlation uuid, p_traceparent text, p_versions jsonb)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_token text := encode(sha256(convert_to(p_schedule.id || '/' || extract(epoch from p_occurrence), 'UTF8')), 'hex');
  -- the same for the same instant, so that a simulation repeats
  v_jitter interval := (('x' || left(v_token, 7))::bit(28)::integer % (p_schedule.jitter_seconds * 1000 + 1)) * interval '1 ms';
begin
  return engine.enqueue(p_schedule.tenant_id,
    jsonb_build_array(p_schedule.task || jsonb_build_object('token', v_token, 'schedule_id', p_schedule.id,
      'kind_version', coalesce((p_versions ->> (p_schedule.task ->> 'kind'))::smallint, 1),
      'run_at', case when p_schedule.jitter_seconds > 0 then greatest(p_now, p_occurrence + v_jitter) end)),
    p_actor_type, p_actor_id, p_correlation, p_traceparent);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.begin_tasks(p_runs uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform from public.runs r where r.id = any (p_runs) and r.status = 'queued' and r.plan_id is null order by r.id for no key update;
  update public.runs r set status = 'running', started_at = clock_timestamp()
  where r.id = any (p_runs) and r.status = 'queued' and r.plan_id is null;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.begin_tool(p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_tool text, p_version text, p_digest text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_tool public.agent_tools;
  v_run public.tool_runs;
  v_grant uuid;
begin
  perform engine.mark_running(v_step);
  update public.tool_runs t set status = 'unknown', ended_at = clock_timestamp()
  where t.step_id = p_step and t.name = p_name and t.status = 'intended' and t.epoch < p_epoch;
  select t.* into v_run from public.tool_runs t where t.step_id = p_step and t.name = p_name;
  if found then
    return jsonb_build_object('result', case when v_run.tool = p_tool then 'known' else 'conflict' end,
      'id', v_run.id, 'status', v_run.status, 'version', v_run.tool_version, 'digest', v_run.arguments_digest, 'grant_id', v_run.grant_id)
      || coalesce((
        select jsonb_build_object('asked', a.arguments_digest, 'arguments', a.edited_arguments)
        from public.approval_grants g join public.approvals a on a.id = g.approval_id
        where g.id = v_run.grant_id and a.edited_digest = v_run.arguments_digest), '{}');
  end if;
  if v_step.cancel_requested_at is not null then
    return jsonb_build_object('result', 'cancelled');
  end if;

  select t.* into v_tool from public.agent_tools t
  where t.tenant_id = v_step.tenant_id and t.name = p_tool and t.version = p_version and t.status = 'active';
  if not found then
    return jsonb_build_object('result', 'stale');
  end if;
  if v_tool.requires_approval then
    update public.approval_grants g set consumed_at = clock_timestamp()
    where g.id = (
      select o.id from public.approval_grants o
      where o.tenant_id = v_step.tenant_id and o.step_id = p_step and o.tool = p_tool and o.tool_version = p_version
        and o.arguments_digest = p_digest and o.consumed_at is null and o.expires_at > clock_timestamp()
      order by o.granted_at limit 1 for update)
    returning g.id into v_grant;
    if v_grant is null then
      return jsonb_build_object('result', 'approval_required');
    end if;
  end if;
  insert into public.tool_runs (tenant_id, run_id, step_id, epoch, name, tool, tool_version, arguments_digest, grant_id, agent_id)
  values (v_step.tenant_id, v_step.run_id, p_step, p_epoch, p_name, p_tool, p_version, p_digest, v_grant, v_step.lease_owner)
  returning * into v_run;
  if v_grant is not null then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select v_step.tenant_id, 'grant.consumed', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('grant_id', g.id, 'approval_id', g.approval_id, 'tool_run_id', v_run.id, 'run_id', v_step.run_id, 'step_id', p_step)
    from public.approval_grants g where g.id = v_grant;
  end if;
  return jsonb_build_object('result', 'begun', 'id', v_run.id, 'status', v_run.status, 'version', p_version, 'digest', p_digest, 'grant_id', v_grant);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.blot(p_text text, p_needles text[])
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
declare
  v_needle text;
begin
  foreach v_needle in array p_needles loop
    p_text := replace(p_text, v_needle, left('[redacted]', length(v_needle)));
  end loop;
  return p_text;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.blot_json(p_value jsonb, p_escaped text[])
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
begin
  return engine.blot(p_value::text, p_escaped)::jsonb;
exception when invalid_text_representation then
  return case jsonb_typeof(p_value) when 'object' then '{"redacted": true}'::jsonb when 'array' then '[]'::jsonb else '"[redacted]"'::jsonb end;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.both_rules(p_a jsonb, p_b jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case
    when p_a = '{}' or p_b = '{}' then p_a || p_b
    when not engine.names_groups(p_a) then engine.stricter(p_b, p_a)
    when engine.names_groups(p_b) and p_a ->> 'escalateTo' is distinct from p_b ->> 'escalateTo'
      then engine.stricter(p_a - 'escalateTo', p_b - 'escalateTo')
    else engine.stricter(p_a, p_b) end
$function$
;

CREATE OR REPLACE FUNCTION engine.bury(p_steps uuid[], p_actor_type text, p_actor_id text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  with buried as (
    insert into public.dead_letters (tenant_id, run_id, step_id, stage, reason, error, payload, history, worker_version,
      correlation_id, failures, crashes, first_at)
    select s.tenant_id, s.run_id, s.id, d.letter[1], d.letter[2], s.error, s.arguments, engine.attempt_history(s.id),
      engine.last_worker_version(s.id),
      s.correlation_id, s.failures, s.crashes,
      coalesce((select min(a.claimed_at) from public.attempts a where a.step_id = s.id), clock_timestamp())
    from public.steps s
    cross join lateral (
      select engine.dead_letter_of(s.error ->> 'code', coalesce((s.error ->> 'past_deadline')::boolean, false), s.undo_of is not null) as letter
    ) as d
    where s.id = any (p_steps) and s.status = 'failed' and d.letter is not null
      and not exists (select from public.agent_sessions a where a.step_id = s.parent_step_id)
    on conflict (step_id) do nothing
    returning id, tenant_id, run_id, step_id, stage, reason, correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select b.tenant_id, 'dead_letter.added', b.correlation_id, p_actor_type, p_actor_id, b.run_id,
    jsonb_build_object('dead_letter_id', b.id, 'run_id', b.run_id, 'step_id', b.step_id, 'stage', b.stage, 'reason', b.reason)
  from buried b;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.call_off(p_run uuid, p_root uuid, p_reason text, p_actor_type text, p_actor_id text)
 RETURNS uuid[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_marked integer;
  v_ended uuid[];
  v_all uuid[] := '{}';
begin
  loop
    perform engine.lock_open_steps(p_run);
    update public.steps s set cancel_requested_at = clock_timestamp()
    where s.run_id = p_run and s.undo_of is null and s.status in ('assigned', 'running') and s.cancel_requested_at is null
      and (p_root is null or s.id in (select f.id from engine.family(p_root) f (id)));
    get diagnostics v_marked = row_count;
    with ended as (
      update public.steps s
      set status = 'cancelled', finalised_at = clock_timestamp(), cancel_requested_at = clock_timestamp(),
          error = jsonb_build_object('code', 'cancelled', 'message', 'It was called off' || coalesce(': ' || p_reason, '.'))
      where s.run_id = p_run and s.undo_of is null and s.status = 'queued'
        and (p_root is null or s.id in (select f.id from engine.family(p_root) f (id)))
      returning s.id, s.tenant_id, s.run_id, s.correlation_id
    ),
    told as (
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      select e.tenant_id, 'step.cancelled', (array_agg(e.correlation_id))[1], p_actor_type, p_actor_id, e.run_id,
        jsonb_build_object('reason', 'called_off', 'steps', jsonb_agg(jsonb_build_object('step_id', e.id, 'run_id', e.run_id)))
      from ended e group by e.tenant_id, e.run_id
    )
    select coalesce(array_agg(e.id), '{}') into v_ended from ended e;
    exit when v_marked = 0 and cardinality(v_ended) = 0;
    v_all := v_all || v_ended;
  end loop;
  return v_all;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.cancel_run(p_tenant uuid, p_run uuid, p_compensate boolean, p_reason text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run public.runs;
  v_ended uuid[] := '{}';
  v_freed record;
  v_first boolean;
begin
  perform app.assert_tenant(p_tenant);
  select r.* into v_run from public.runs r where r.id = p_run and r.tenant_id = p_tenant;
  if not found then
    return null;
  end if;
  if v_run.finished_at is null and v_run.compensation = 'none' then
    v_ended := engine.call_off(p_run, null, p_reason, 'member', app.user_id()::text);
  end if;

  -- steps are locked before their run, as everywhere; by now it may have ended by itself
  select r.* into v_run from public.runs r where r.id = p_run for no key update;
  if v_run.finished_at is not null or v_run.compensation <> 'none' then
    return jsonb_build_object('result', case when v_run.finished_at is null then 'undoing' else 'ended' end,
      'status', v_run.status, 'for_workers', 0, 'for_agents', 0);
  end if;
  v_first := v_run.cancel_requested_at is null;
  update public.runs r
  set cancel_requested_at = coalesce(r.cancel_requested_at, clock_timestamp()), compensate = coalesce(p_compensate, r.compensate)
  where r.id = p_run;
  if v_first then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_tenant, 'run.cancel_requested', v_run.correlation_id, 'member', app.user_id()::text, p_run,
      jsonb_build_object('run_id', p_run));
  end if;
  select 0 as for_workers, 0 as for_agents into v_freed;
  if cardinality(v_ended) > 0 then
    select * into v_freed from engine.finish('{}', v_ended, 'member', app.user_id()::text);
  end if;
  return jsonb_build_object('result', case when v_first then 'cancelling' else 'unchanged' end, 'status', 'cancelling',
    'for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.cancel_step(p_tenant uuid, p_run uuid, p_name text, p_reason text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps;
  v_ended uuid[];
  v_freed record;
begin
  perform app.assert_tenant(p_tenant);
  select s.* into v_step from public.steps s where s.run_id = p_run and s.name = p_name and s.tenant_id = p_tenant;
  if not found then
    return null;
  end if;
  select 0 as for_workers, 0 as for_agents into v_freed;
  if v_step.undo_of is not null then
    return jsonb_build_object('result', 'undoing', 'step_id', v_step.id, 'status', v_step.status, 'for_workers', 0, 'for_agents', 0);
  end if;
  if v_step.finalised_at is null then
    v_ended := engine.call_off(p_run, v_step.id, p_reason, 'member', app.user_id()::text);
    if cardinality(v_ended) > 0 then
      select * into v_freed from engine.finish('{}', v_ended, 'member', app.user_id()::text);
    end if;
  end if;
  return (select jsonb_build_object(
      'result', case when v_step.finalised_at is not null then 'ended' when v_step.cancel_requested_at is not null then 'unchanged'
        else 'cancelling' end,
      'step_id', s.id, 'status', s.status, 'for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents)
    from public.steps s where s.id = v_step.id);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.capability_demand(p_tenant uuid, p_capability text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_limit constant integer := 10000;
begin
  if p_tenant is not null then
    perform app.assert_tenant(p_tenant);
  elsif session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'of one tenant';
  end if;
  return (
    with recursive wanted as (
      (select s.tenant_id, s.capability from public.steps s
       where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and (p_tenant is null or s.tenant_id = p_tenant)
       order by s.tenant_id, s.capability limit 1)
      union all
      select n.tenant_id, n.capability from wanted w cross join lateral (
        select s.tenant_id, s.capability from public.steps s
        where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and (p_tenant is null or s.tenant_id = p_tenant)
          and (s.tenant_id, s.capability) > (w.tenant_id, w.capability)
        order by s.tenant_id, s.capability limit 1) n
    ),
    known as (
      select w.tenant_id, w.capability from wanted w where p_capability is null or w.capability = p_capability
      union
      select c.tenant_id, c.capability from public.agent_capabilities c
      where (p_tenant is null or c.tenant_id = p_tenant) and (p_capability is null or c.capability = p_capability)
    ),
    held as (
      select s.tenant_id, s.capability, count(*) as n from public.steps s
      where s.executor = 'agent' and s.status in ('assigned', 'running') and (p_tenant is null or s.tenant_id = p_tenant)
      group by s.tenant_id, s.capability
    ),
    here as (
      select p.agent_id, count(*) as runners, sum(p.slots) as slots, sum(least(p.busy, p.slots)) as busy from public.agent_presence p
      where p.last_seen_at > clock_timestamp() - interval '60 s' and (p_tenant is null or p.tenant_id = p_tenant)
      group by p.agent_id
    ),
    able as (
      select c.tenant_id, c.capability, count(*) filter (where a.status = 'active') as agents, coalesce(sum(h.runners), 0) as runners,
        coalesce(sum(h.slots), 0) as slots, coalesce(sum(h.busy), 0) as busy,
        sum(r.failed) as failed, sum(r.n) as ended
      from known k
      join public.agent_capabilities c on c.tenant_id = k.tenant_id and c.capability = k.capability
      join public.agent_registry a on a.id = c.agent_id and a.status <> 'retired'
      left join here h on h.agent_id = a.id and a.status = 'active'
      cross join lateral (
        select count(*) filter (where not (e.value ->> 0)::boolean) as failed, count(*) as n from jsonb_array_elements(c.recent) e
        where c.last_at > clock_timestamp() - interval '5 minutes') r
      group by c.tenant_id, c.capability
    )
    select coalesce(jsonb_agg(jsonb_build_object('tenant_id', k.tenant_id, 'capability', k.capability, 'ready', r.n,
      'oldest_seconds', r.oldest_seconds, 'in_flight', coalesce(h.n, 0), 'agents', coalesce(a.agents, 0), 'runners', coalesce(a.runners, 0),
      'slots', coalesce(a.slots, 0), 'busy', coalesce(a.busy, 0), 'failure_rate', coalesce(a.failed::double precision / nullif(a.ended, 0), 0))
      order by k.tenant_id, k.capability), '[]')
    from known k
    cross join lateral (
      select count(*) as n, coalesce(greatest(0, extract(epoch from clock_timestamp() - min(q.run_at))), 0)::double precision as oldest_seconds
      from (
        select s.run_at from public.steps s
        where s.tenant_id = k.tenant_id and s.capability = k.capability and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
          and s.run_at <= clock_timestamp()
        limit v_limit) q
    ) r
    left join held h on h.tenant_id = k.tenant_id and h.capability = k.capability
    left join able a on a.tenant_id = k.tenant_id and a.capability = k.capability);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.ceilings(p_tenant uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'plane', r.tenant_id is null, 'queue', r.queue, 'max_queued', r.max_queued)), '[]')
    from (
      select * from public.claim_rules c where c.tenant_id = p_tenant
      union all
      select * from public.claim_rules c where c.tenant_id is null
    ) r where r.max_queued is not null);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.checkpoint(p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_value jsonb, p_undo jsonb DEFAULT NULL::jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_created boolean;
begin
  insert into public.checkpoints (step_id, name, tenant_id, value, epoch)
  values (p_step, p_name, v_step.tenant_id, p_value, p_epoch)
  on conflict (step_id, name) do nothing;
  v_created := found;
  if v_created and p_undo is not null then
    perform engine.register_undo(v_step, p_name, p_undo);
  end if;
  perform engine.mark_running(v_step);
  return (select jsonb_build_object('name', c.name, 'value', c.value, 'created', v_created)
          from public.checkpoints c where c.step_id = p_step and c.name = p_name);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.checkpoints(p_items jsonb)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_item record;
  v_answer jsonb;
  v_answers jsonb := '[]';
  v_state text;
  v_message text;
  v_step public.steps;
begin
  if session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'only the engine acts across tenants';
  end if;
  if not jsonb_path_exists(p_items, '$[*].undo') then
    begin
      return engine.checkpoints_alike(p_items);
    exception when others then
      -- one of them cannot be stored: each by itself
    end;
  end if;
  -- steps in the order of their ids, as everywhere
  perform from public.steps s
  where s.id in (select i.step_id from jsonb_to_recordset(p_items) as i (step_id uuid))
  order by s.id for update;
  for v_item in
    -- a value of null is a value, not a missing one
    select i.*, t.item -> 'value' as value from jsonb_array_elements(p_items) with ordinality as t (item, n),
      jsonb_to_record(t.item) as i (step_id uuid, epoch bigint, name text, undo jsonb)
    order by t.n
  loop
    begin
      v_answer := engine.checkpoint(null, v_item.step_id, v_item.epoch, v_item.name, v_item.value, v_item.undo);
    exception when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
      v_answer := jsonb_build_object('error', v_state, 'message', v_message);
    end;
    v_answers := v_answers || jsonb_build_array(v_answer);
  end loop;
  return v_answers;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.checkpoints_alike(p_items jsonb)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  -- as in engine.settle_one
  c_held constant text[] := '{assigned,running}';
  v_owned uuid[];
  v_begun public.steps;
  v_created text[];
  v_answer json;
begin
  perform from public.steps s
  where s.id in (select i.step_id from jsonb_to_recordset(p_items) as i (step_id uuid))
  order by s.id for update;

  select array_agg(distinct s.id) into v_owned
  from jsonb_to_recordset(p_items) as i (step_id uuid, epoch bigint)
  join public.steps s on s.id = i.step_id and s.epoch = i.epoch
  where s.status = any (c_held) and s.lease_until > clock_timestamp();

  with made as (
    insert into public.checkpoints (step_id, name, tenant_id, value, epoch)
    select i.step_id, i.name, s.tenant_id, t.item -> 'value', i.epoch
    from jsonb_array_elements(p_items) with ordinality as t (item, n),
      jsonb_to_record(t.item) as i (step_id uuid, epoch bigint, name text)
    join public.steps s on s.id = i.step_id and s.epoch = i.epoch
    where i.step_id = any (v_owned)
    order by t.n
    on conflict (step_id, name) do nothing
    returning step_id, name
  )
  select coalesce(array_agg(m.step_id || ' ' || m.name), '{}') into v_created from made m;

  for v_begun in
    select s.* from public.steps s where s.id = any (v_owned) and s.status <> 'running' order by s.id
  loop
    perform engine.mark_running(v_begun);
  end loop;

  select json_agg(case when c.name is null
      then json_build_object('error', 'NX001', 'message', 'lease_lost')
      else json_build_object('name', c.name, 'value', c.value,
        -- of two in one call the first one made it
        'created', (i.step_id || ' ' || i.name) = any (v_created) and t.n = (
          select min(o.n) from jsonb_array_elements(p_items) with ordinality as o (item, n)
          where o.item ->> 'step_id' = t.item ->> 'step_id' and o.item ->> 'name' = i.name and o.item ->> 'epoch' = t.item ->> 'epoch'))
      end order by t.n)
  into v_answer
  from jsonb_array_elements(p_items) with ordinality as t (item, n),
    jsonb_to_record(t.item) as i (step_id uuid, epoch bigint, name text)
  left join public.steps s on s.id = i.step_id and s.epoch = i.epoch and s.id = any (v_owned)
  left join public.checkpoints c on c.step_id = s.id and c.name = i.name;
  return v_answer;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.checkpoints_of(p_step uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'value', c.value) order by c.created_at), '[]')
  from public.checkpoints c where c.step_id = p_step);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.children_ended(p_ids uuid[])
 RETURNS TABLE(for_workers integer, for_agents integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_waits uuid[];
  v_payloads jsonb;
begin
  perform from public.steps p
  where p.id in (select c.parent_step_id from public.steps c where c.id = any (p_ids))
  order by p.id for update;
  perform engine.nodes_ended(p_ids);

  with ended as (
    select c.parent_step_id as id, count(*)::integer as n
    from public.steps c where c.id = any (p_ids) and c.parent_step_id is not null group by c.parent_step_id
  ),
  counted as (
    update public.steps p set children_left = p.children_left - e.n
    from ended e where p.id = e.id
    returning p.id, p.status, p.kind, p.children_left
  )
  -- a session reads for itself what has ended
  select array_agg(w.id), jsonb_object_agg(w.id, case c.kind when 'session' then 'null' else engine.children_json(w.step_id, w.children) end)
  into v_waits, v_payloads
  from counted c join public.waits w on w.step_id = c.id and w.kind = 'children' and w.status = 'open'
  -- what this statement counts down is not in the row yet
  where c.status = 'queued' and case when w.children is null then c.children_left else engine.children_left(c.id, w.children) end <= w.upto;

  return query select m.for_workers, m.for_agents
  from engine.meet_waits(coalesce(v_waits, '{}'), v_payloads, null, 'system', 'engine') m;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.children_json(p_step uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object('children', coalesce(jsonb_agg(
    jsonb_build_object('name', substr(c.name, length(p.name) + 2), 'step_id', c.id, 'status', c.status) order by c.id), '[]'))
  from public.steps p join public.steps c on c.parent_step_id = p.id where p.id = p_step
$function$
;

CREATE OR REPLACE FUNCTION engine.children_json(p_step uuid, p_names text[])
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object('children', coalesce(jsonb_agg(
    jsonb_build_object('name', substr(c.name, length(p.name) + 2), 'step_id', c.id, 'status', c.status) order by c.id), '[]'))
  from public.steps p join public.steps c on c.parent_step_id = p.id
  where p.id = p_step and (p_names is null or substr(c.name, length(p.name) + 2) = any (p_names))
$function$
;

CREATE OR REPLACE FUNCTION engine.children_left(p_step uuid, p_names text[])
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select case when p_names is null then p.children_left else (
    select count(*)::integer from unnest(p_names) as n (name)
    join public.steps c on c.run_id = p.run_id and c.name = p.name || '.' || n.name and c.parent_step_id = p.id
    where c.status in ('queued', 'assigned', 'running')) end
  from public.steps p where p.id = p_step
$function$
;

CREATE OR REPLACE FUNCTION engine.claim(p_owner text, p_executor text, p_handlers text[], p_tenant uuid, p_capabilities text[], p_limit integer, p_lease_ms integer, p_version text DEFAULT NULL::text)
 RETURNS SETOF jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_ids uuid[];
  v_room integer;
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);
  if p_executor = 'worker' then
    select p.ids into v_ids from engine.pick(p_owner, p_handlers, p_limit, '{}') p;
  else
    v_room := engine.agent_room(p_tenant, p_owner::uuid, p_limit);
    if v_room = 0 then
      return;
    end if;
    v_ids := engine.pick_for_agent(p_owner, p_handlers, p_tenant, p_capabilities, v_room);
  end if;
  if cardinality(v_ids) = 0 then
    return;
  end if;
  perform engine.grant_claims(v_ids, p_owner, p_executor, p_lease_ms, p_version);
  return query
  select engine.describe(s) from unnest(v_ids) with ordinality as c (id, n) join public.steps s on s.id = c.id
  order by s.priority, s.id;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.claim_front(p_queue text, p_group engine.claim_group)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_key constant bigint := engine.front_key(p_queue, p_group);
  v_value constant bigint := pg_sequence_last_value(('engine.claim_front_' || (v_key & 7))::regclass);
begin
  if v_value is null or v_value >> 52 <> (v_key >> 3) & 2047 then
    return null;
  end if;
  return timestamptz '2020-01-01 00:00:00+00' + make_interval(secs => ((v_value & 4503599627370495) - 1) / 1000000.0);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.close_questions(p_steps uuid[], p_actor_type text, p_actor_id text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with open_questions as (
    select a.id from public.approvals a
    where a.status = 'pending' and a.step_id = any (p_steps)
    order by a.id for update skip locked
  ),
  closed as (
    update public.approvals a
    set status = 'cancelled', decided_at = clock_timestamp()
    from open_questions q where a.id = q.id
    returning a.id, a.tenant_id, a.subject, a.run_id, a.step_id, a.correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select c.tenant_id, 'approval.decided', c.correlation_id, p_actor_type, p_actor_id, c.run_id,
    jsonb_build_object('approval_id', c.id, 'subject', c.subject, 'status', 'cancelled', 'run_id', c.run_id, 'step_id', c.step_id)
  from closed c
$function$
;

CREATE OR REPLACE FUNCTION engine.close_waits(p_steps uuid[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.waits w set status = 'cancelled', ended_at = clock_timestamp()
  where w.step_id = any (p_steps) and w.status = 'open'
$function$
;

CREATE OR REPLACE FUNCTION engine.compensate(p_run uuid, p_outcome text, p_actor_type text, p_actor_id text)
 RETURNS TABLE(undoing boolean, for_workers integer, for_agents integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run public.runs;
  v_count integer;
begin
  undoing := false;
  for_workers := 0;
  for_agents := 0;
  select r.* into strict v_run from public.runs r where r.id = p_run;
  select count(*) into v_count from public.compensations c where c.run_id = p_run and c.status = 'registered';
  if v_count = 0 or not v_run.compensate
    or exists (select from public.steps s where s.run_id = p_run and s.pivot and s.status = 'succeeded')
  then
    return next;
    return;
  end if;

  with todo as materialized (
    select c.id, c.step_id, c.kind, c.kind_version, c.arguments, s.name, s.title, app.uuid7() as undo_step,
      row_number() over (order by c.seq desc) as n
    from public.compensations c join public.steps s on s.id = c.step_id
    where c.run_id = p_run and c.status = 'registered'
  ),
  made as (
    insert into public.steps (id, tenant_id, run_id, name, title, kind, kind_version, executor, capability, priority, position,
      arguments, token, undo_of, max_failures, holds, correlation_id, causation_id, traceparent)
    select t.undo_step, v_run.tenant_id, p_run, 'undo.' || t.n || '.' || left(t.name, 110), 'Undo: ' || t.title, t.kind, t.kind_version,
      case t.kind when 'agent' then 'agent' else 'worker' end, t.arguments ->> 'capability', 0, v_run.step_count + t.n,
      t.arguments, 'undo:' || t.id, t.step_id, 12,
      case when v_run.paused_at is null then 0 else 256 end, v_run.correlation_id, v_run.causation_id, v_run.traceparent
    from todo t
  )
  update public.compensations c set status = 'undoing', undo_step = t.undo_step from todo t where c.id = t.id;

  if v_count <= 300 then
    with recursive needs (start, needed) as (
      select c.step_id, d.depends_on
      from (select distinct x.step_id from public.compensations x where x.run_id = p_run and x.status = 'undoing') c
      join public.step_dependencies d on d.step_id = c.step_id
      union
      select n.start, d.depends_on from needs n join public.step_dependencies d on d.step_id = n.needed
    )
    insert into public.step_dependencies (step_id, depends_on, tenant_id, required)
    select a.undo_step, b.undo_step, v_run.tenant_id, true
    from public.compensations a join public.compensations b on b.run_id = p_run and b.status = 'undoing' and b.id <> a.id
    where a.run_id = p_run and a.status = 'undoing'
      and (exists (select from needs n where n.start = b.step_id and n.needed = a.step_id)
        or (b.step_id = a.step_id and b.seq > a.seq));
  end if;
  if v_count > 300 or v_run.undo_order = 'completion' then
    insert into public.step_dependencies (step_id, depends_on, tenant_id, required)
    select c.undo_step, c.later, v_run.tenant_id, v_count > 300
    from (
      select x.undo_step, lag(x.undo_step) over (order by x.seq desc) as later
      from public.compensations x where x.run_id = p_run and x.status = 'undoing'
    ) c
    where c.later is not null
    on conflict (depends_on, step_id) do nothing;
  end if;

  update public.steps s set deps_left = d.n, holds = s.holds | 1
  from (
    select d.step_id, count(*)::integer as n
    from public.step_dependencies d
    join public.compensations c on c.undo_step = d.step_id and c.run_id = p_run and c.status = 'undoing'
    group by d.step_id
  ) d
  where s.id = d.step_id;

  select count(*) filter (where s.executor = 'worker'), count(*) filter (where s.executor = 'agent')
  into for_workers, for_agents
  from public.steps s join public.compensations c on c.undo_step = s.id
  where c.run_id = p_run and c.status = 'undoing' and s.holds = 0;

  update public.runs r
  set compensation = 'running', outcome = p_outcome, steps_left = v_count, step_count = r.step_count + v_count,
      status = 'running', started_at = coalesce(r.started_at, clock_timestamp())
  where r.id = p_run;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (v_run.tenant_id, 'run.compensating', v_run.correlation_id, p_actor_type, p_actor_id, p_run,
    jsonb_build_object('run_id', p_run, 'outcome', p_outcome, 'undo', v_count));
  undoing := true;
  return next;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.content_kek(p_kid text, p_fingerprint text)
 RETURNS TABLE(kid text, fingerprint text)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select * from app.current_kek(p_kid, p_fingerprint)
$function$
;

CREATE OR REPLACE FUNCTION engine.count_calls(p_owned uuid[], p_settlements jsonb)
 RETURNS uuid[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_call record;
  v_tokens numeric;
  v_slowed uuid[] := '{}';
begin
  if not exists (select from jsonb_array_elements(p_settlements) i where i ? 'dependency') then
    return v_slowed;
  end if;
  for v_call in
    select s.id, s.tenant_id, i.dependency, i.outcome, i.retry_ms
    from jsonb_to_recordset(p_settlements) as i (step_id uuid, outcome text, retry_ms integer, dependency text)
    join public.steps s on s.id = i.step_id
    where s.id = any (p_owned) and i.dependency is not null
      and (i.outcome = 'succeeded' or (i.outcome = 'failed' and i.retry_ms is not null))
    order by s.tenant_id, i.dependency
  loop
    insert into public.retry_budgets (tenant_id, dependency) values (v_call.tenant_id, v_call.dependency)
    on conflict (tenant_id, dependency) do nothing;
    select b.tokens into v_tokens from public.retry_budgets b
    where b.tenant_id = v_call.tenant_id and b.dependency = v_call.dependency for update skip locked;
    continue when not found;
    if v_call.outcome = 'failed' and v_tokens < 1 then
      v_slowed := v_slowed || v_call.id;
    else
      update public.retry_budgets b
      set tokens = case v_call.outcome when 'succeeded' then least(10, b.tokens + 0.1) else b.tokens - 1 end,
          updated_at = clock_timestamp()
      where b.tenant_id = v_call.tenant_id and b.dependency = v_call.dependency;
    end if;
  end loop;
  return v_slowed;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.count_down(p_steps uuid[], p_actor_type text, p_actor_id text)
 RETURNS TABLE(for_workers integer, for_agents integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_run public.runs;
  v_runs uuid[] := array(select distinct s.run_id from public.steps s where s.id = any (p_steps));
  v_freed record;
  v_bad text;
begin
  for_workers := 0;
  for_agents := 0;

  -- no key: settlements that register compensations hold a key share of their run already, and would wait for each other
  perform from public.runs r where r.id = any (v_runs) order by r.id for no key update;

  if exists (select from public.steps s where s.id = any (p_steps) and s.undo_of is not null) then
    perform engine.record_undone(p_steps, p_actor_type, p_actor_id);
  end if;

  for v_run in
    with counted as (
      select s.run_id, count(*)::integer as n,
        (count(*) filter (where s.status = 'failed' and s.parent_step_id is null))::integer as failed
      from public.steps s where s.id = any (p_steps) group by s.run_id
    )
    update public.runs r
    set steps_left = r.steps_left - c.n,
        steps_failed = r.steps_failed + case when r.compensation = 'running' then 0 else c.failed end
    from counted c where r.id = c.run_id and r.id = any (v_runs)
    returning r.*
  loop
    continue when v_run.steps_left > 0;

    v_bad := coalesce(v_run.outcome, case
      when v_run.steps_failed > 0 then 'failed'
      when exists (
        select from public.steps s where s.run_id = v_run.id and s.status = 'cancelled' and s.parent_step_id is null
      ) then 'cancelled' end);

    if v_bad is not null and v_run.compensation = 'none' then
      select * into v_freed from engine.compensate(v_run.id, v_bad, p_actor_type, p_actor_id);
      for_workers := for_workers + v_freed.for_workers;
      for_agents := for_agents + v_freed.for_agents;
      continue when v_freed.undoing;
    end if;

    update public.runs r
    set status = coalesce(v_bad, 'succeeded'), finished_at = clock_timestamp(),
        compensation = case when r.compensation <> 'running' then r.compensation
          when exists (select from public.compensations c where c.run_id = r.id and c.status not in ('undone', 'accepted')) then 'failed'
          else 'done' end
    where r.id = v_run.id
    returning r.* into v_run;
    if v_run.compensation <> 'none' then
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      values (v_run.tenant_id, case v_run.compensation when 'done' then 'run.compensated' else 'run.compensation_failed' end,
        v_run.correlation_id, p_actor_type, p_actor_id, v_run.id, jsonb_build_object('run_id', v_run.id));
    end if;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_run.tenant_id, 'run.' || v_run.status, v_run.correlation_id, p_actor_type, p_actor_id, v_run.id,
      jsonb_build_object('run_id', v_run.id));
  end loop;
  return next;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.count_queued(p_tenant uuid, p_plane boolean, p_queue text, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_count integer;
begin
  perform app.assert_tenant(p_tenant);
  if p_plane then
    select count(*) into v_count from (
      (select from public.steps s where s.status = 'queued' and s.holds = 0 and s.executor = 'worker'
         and (s.crashes = 0 or s.crashes + 1 < s.max_crashes) and (p_queue is null or s.queue = p_queue) limit p_limit)
      union all
      (select from public.steps s where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and (p_queue is null or s.queue = p_queue) limit p_limit)
      union all
      (select from public.steps s where s.status = 'queued' and s.holds <> 0 and (p_queue is null or s.queue = p_queue) limit p_limit)
      limit p_limit) as q;
  else
    select count(*) into v_count from (
      (select from (select q.queue from engine.queues_in_use(1000) as q (queue) where p_queue is null union all select p_queue where p_queue is not null) n
       cross join lateral (
         select from public.steps s where s.queue = n.queue and s.tenant_id = p_tenant and s.status = 'queued' and s.holds = 0 and s.executor = 'worker'
           and (s.crashes = 0 or s.crashes + 1 < s.max_crashes) limit p_limit) c limit p_limit)
      union all
      (select from public.steps s where s.tenant_id = p_tenant and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
         and (p_queue is null or s.queue = p_queue) limit p_limit)
      union all
      (select from public.steps s where s.tenant_id = p_tenant and s.status = 'queued' and s.holds <> 0
         and (p_queue is null or s.queue = p_queue) limit p_limit)
      limit p_limit) as q;
  end if;
  return v_count;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.dead_letter_followup(p_succeeded uuid[], p_failed uuid[])
 RETURNS uuid[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_handled uuid[];
begin
  if not exists (
    select from public.steps s join public.dead_letters d on d.redrive_run = s.run_id and d.status = 'redriving'
    where s.id = any (p_succeeded || p_failed)
  ) then
    return '{}';
  end if;

  -- letters in id order: whoever else locks several does the same
  perform from public.dead_letters d
  where d.status = 'redriving' and d.redrive_run in (select s.run_id from public.steps s where s.id = any (p_succeeded || p_failed))
  order by d.id for update;

  with ended as (
    select d.id as letter, s.id as step, s.status, s.error, s.arguments, s.failures, s.crashes, s.correlation_id, s.run_id,
      s.tenant_id, engine.attempt_history(s.id) as history, engine.last_worker_version(s.id) as worker_version
    from public.steps s
    join public.dead_letters d on d.redrive_run = s.run_id and d.status = 'redriving'
    join public.steps dead on dead.id = d.step_id and dead.name = s.name
    where s.id = any (p_succeeded || p_failed)
  ),
  moved as (
    update public.dead_letters d
    set status = case when e.status = 'succeeded' then 'resolved' else 'new' end,
        version = d.version + 1, last_at = clock_timestamp(),
        error = case when e.status = 'failed' then e.error else d.error end,
        payload = case when e.status = 'failed' then e.arguments else d.payload end,
        history = d.history || e.history,
        worker_version = coalesce(e.worker_version, d.worker_version),
        failures = d.failures + e.failures, crashes = d.crashes + e.crashes
    from ended e where d.id = e.letter
    returning d.id, d.tenant_id, d.run_id, d.stage, d.reason, d.status, d.version, e.step, e.run_id as redrive_run, e.correlation_id,
      e.status as ended_as
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, case m.status when 'resolved' then 'dead_letter.resolved' else 'dead_letter.added' end, m.correlation_id,
      'system', 'engine', m.redrive_run,
      jsonb_build_object('dead_letter_id', m.id, 'run_id', m.run_id, 'redrive_run', m.redrive_run, 'step_id', m.step,
        'stage', m.stage, 'reason', m.reason, 'version', m.version)
    from moved m
  )
  select coalesce(array_agg(m.step) filter (where m.ended_as = 'failed'), '{}') into v_handled from moved m;
  return v_handled;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.dead_letter_of(p_code text, p_past_deadline boolean, p_is_undo boolean)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select case
    when p_is_undo then array['compensate', 'compensation_failed']
    when p_past_deadline or p_code = 'deadline_exceeded' then array['execute', 'deadline']
    when p_code = 'invalid_input' then array['input', 'invalid_input']
    when p_code = 'output_invalid' then array['commit', 'invalid_input']
    when p_code = 'unknown_handler' then array['claim', 'unknown_handler']
    when p_code in ('poison_crash', 'non_deterministic') then array['execute', p_code]
    when p_code = 'unclassified' then array['execute', 'unclassified']
    when engine.error_class(p_code) = 'retryable' then array['execute', 'retries_exhausted'] end
$function$
;

CREATE OR REPLACE FUNCTION engine.delete_history(p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_due record;
  v_roots uuid[];
  v_runs uuid[];
  v_steps uuid[];
  v_table record;
  v_files integer := 0;
  v_count integer := 0;
  v_listed integer;
begin
  for v_due in
    select p.tenant_id, p.delete_before from engine.retention() p
    where exists (select from public.runs_history h where h.tenant_id = p.tenant_id and h.finished_at < p.delete_before)
    order by random()
  loop
    exit when v_count >= p_limit;
    select array_agg(d.id) into v_roots
    from (
      select h.id from public.runs_history h
      where h.tenant_id = v_due.tenant_id and h.finished_at < v_due.delete_before and h.forked_from is null
        and not exists (
          with recursive kin (id, finished_at) as (
            select f.id, f.finished_at from public.runs_history f where f.forked_from = h.id
            union
            select f.id, f.finished_at from kin k join public.runs_history f on f.forked_from = k.id
          )
          select from kin k where k.finished_at >= v_due.delete_before)
      order by h.finished_at limit p_limit - v_count
      for update skip locked
    ) d;
    continue when v_roots is null;
    with recursive kin (id) as (
      select r from unnest(v_roots) as r
      union
      select f.id from kin k join public.runs_history f on f.forked_from = k.id
    )
    select array_agg(k.id) into v_runs from kin k;
    select coalesce(array_agg(s.id), '{}') into v_steps from public.steps_history s where s.run_id = any (v_runs);

    insert into public.storage_deletions (path, tenant_id)
    select a.path, a.tenant_id from public.artifacts_history a where a.run_id = any (v_runs)
    on conflict (path) do nothing;
    get diagnostics v_listed = row_count;
    v_files := v_files + v_listed;
    delete from public.dead_letters d where d.run_id = any (v_runs);
    delete from public.tool_runs t where t.run_id = any (v_runs);
    delete from public.approvals a where a.run_id = any (v_runs) and (a.subject = 'step' or a.plan_id is null);
    with gone as (
      delete from public.agent_messages_history m
      where m.run_id = any (v_runs) and not engine.is_held(m.tenant_id, m.id, m.conversation_id, m.run_id)
        and (m.class <> 'audit' or m.at < coalesce(
          (select b.before from engine.messages_before() b where b.tenant_id = m.tenant_id and b.class = m.class), '-infinity'))
      returning m.id
    )
    delete from public.content_keys k using gone g where k.id = g.id;
    delete from public.conversations c
    where c.run_id = any (v_runs) and not exists (select from public.agent_messages_all m where m.conversation_id = c.id);
    for v_table in select t.* from engine.history_tables() t where t.name <> 'agent_messages' loop
      execute format('delete from public.%I where %I = any ($1)', v_table.name || '_history', v_table.key)
      using case v_table.key when 'step_id' then v_steps else v_runs end;
    end loop;
    v_count := v_count + cardinality(v_runs);
  end loop;
  return jsonb_build_object('runs', v_count, 'files', v_files);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.depend(p_run uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_nestloop TO 'off'
 SET jit TO 'off'
AS $function$
begin
  insert into public.step_dependencies (step_id, depends_on, tenant_id)
  select waiting.id, needed.id, waiting.tenant_id
  from (
    select s.id, s.tenant_id, unnest(p.needs) as need
    from public.steps s join public.plan_steps p on p.id = s.plan_step_id
    where s.run_id = p_run offset 0
  ) waiting
  join (select s.id, s.name from public.steps s where s.run_id = p_run offset 0) needed on needed.name = waiting.need;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.describe(p_step steps)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'id', p_step.id, 'tenant_id', p_step.tenant_id, 'run_id', p_step.run_id, 'name', p_step.name, 'title', p_step.title,
    'kind', p_step.kind, 'kind_version', p_step.kind_version, 'capability', p_step.capability, 'epoch', p_step.epoch,
    'lease_until', p_step.lease_until, 'run_at', p_step.run_at, 'arguments', p_step.arguments, 'token', p_step.token,
    'failures', p_step.failures, 'crashes', p_step.crashes, 'max_failures', p_step.max_failures, 'max_crashes', p_step.max_crashes,
    'correlation_id', p_step.correlation_id, 'traceparent', p_step.traceparent, 'deadline_at', p_step.deadline_at, 'undo_of', p_step.undo_of,
    'workspace', r.workspace, 'workspace_run', coalesce(r.workspace_run, r.id),
    'shell', coalesce(
      (select t.value #>> '{}' from public.tenant_settings t where t.tenant_id = p_step.tenant_id and t.key = 'shell'), 'off'),
    'checkpoints', engine.checkpoints_of(p_step.id), 'approvals', engine.answers_of(p_step.id),
    'needs', engine.needs_of(p_step.id, p_step.undo_of), 'inputs', engine.inputs_of(p_step.run_id, p_step.arguments -> 'inputs'))
  from public.runs r where r.id = p_step.run_id
$function$
;

CREATE OR REPLACE FUNCTION engine.describe_held(p_owner text, p_executor text, p_tenant uuid, p_items jsonb)
 RETURNS SETOF jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  c_held constant text[] := '{assigned,running}';
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);
  return query
  select engine.describe(s)
  from jsonb_to_recordset(p_items) as i (step_id uuid, epoch bigint)
  join public.steps s on s.id = i.step_id and s.epoch = i.epoch
  where s.status = any (c_held) and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
    and (p_tenant is null or s.tenant_id = p_tenant)
  order by s.priority, s.id;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.destroy_ended_keys(p_limit integer)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with ended as (
    select v.id from public.secure_key_versions v
    where v.usable_until <= clock_timestamp() and v.jwe is not null
    order by v.usable_until limit p_limit for update skip locked
  ),
  destroyed as (
    update public.secure_key_versions v set jwe = null, kek = null from ended e where v.id = e.id
    returning v.key_id, v.tenant_id, v.version
  ),
  noted as (
    insert into public.secure_keys_audit (tenant_id, key_id, version, provider, name, action, actor_type, actor_id)
    select d.tenant_id, d.key_id, d.version, k.provider, k.name, 'destroyed', 'system', 'vault'
    from destroyed d join public.secure_keys k on k.id = d.key_id
    returning 1
  )
  select count(*)::integer from noted
$function$
;

CREATE OR REPLACE FUNCTION engine.digest_shipped(p_tenant uuid, p_n bigint)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.audit_digests d set shipped_at = clock_timestamp() where d.tenant_id = p_tenant and d.n = p_n and d.shipped_at is null
$function$
;

CREATE OR REPLACE FUNCTION engine.digests_due(p_interval_seconds integer, p_limit integer)
 RETURNS TABLE(tenant text, n bigint, "from" bigint, "to" bigint, count bigint, "headHash" text, "previousSignature" text, at text)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select h.tenant_id::text, coalesce(d.n, 0) + 1, coalesce(d.to_seq, 0) + 1, h.seq, h.seq - coalesce(d.to_seq, 0), h.hash,
    coalesce(d.signature, ''), app.audit_time(clock_timestamp())
  from public.audit_heads h
  left join lateral (
    select * from public.audit_digests g where g.tenant_id = h.tenant_id order by g.n desc limit 1
  ) d on true
  where h.seq > 0 and (d.at is null or d.at <= clock_timestamp() - p_interval_seconds * interval '1 s'
    or exists (select from public.audit_digest_requests q where q.tenant_id = h.tenant_id and q.at > d.at))
  order by d.at nulls first limit p_limit
$function$
;

CREATE OR REPLACE FUNCTION engine.digests_to_ship(p_limit integer)
 RETURNS TABLE(tenant text, n bigint, "from" bigint, "to" bigint, count bigint, "headHash" text, "previousSignature" text, at text, kid text, signature text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select d.tenant_id::text, d.n, d.from_seq, d.to_seq, d.count, d.head_hash, d.previous_signature, app.audit_time(d.at), d.kid, d.signature
  from public.audit_digests d where d.shipped_at is null order by d.at limit p_limit
$function$
;

CREATE OR REPLACE FUNCTION engine.disown(p_owner text, p_held jsonb)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_unknown jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object('step_id', s.id, 'epoch', s.epoch, 'outcome', 'released')), '[]') into v_unknown
  from public.steps s
  where s.status in ('assigned', 'running') and s.executor = 'worker' and s.lease_owner = p_owner
    and not exists (
      select from jsonb_to_recordset(p_held) as h (step_id uuid, epoch bigint) where h.step_id = s.id and h.epoch = s.epoch);
  if jsonb_array_length(v_unknown) > 0 then
    perform engine.settle(p_owner, 'worker', null, v_unknown);
  end if;
  return jsonb_array_length(v_unknown);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.dispatch_evidence(p_tenant uuid, p_capability text, p_segment text, p_learn boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET jit TO 'off'
AS $function$
declare
  v_learns boolean := false;
begin
  perform app.assert_tenant(p_tenant);
  if p_learn then
    v_learns := pg_try_advisory_xact_lock(hashtextextended('nofx:dispatch:' || p_tenant::text, 0));
  end if;
  -- one statement, so one snapshot: an outcome is either learnt from or among those that are not
  return (
    with fresh as materialized (
      select o.decision_id, d.capability, d.segment, d.strategy, coalesce(o.reward, 1) * o.succeeded::integer as good, o.seconds,
        o.cost_pico / 1e12 as cost_usd, extract(epoch from o.noted_at) as at, o.noted_at
      from public.strategy_outcomes o join public.strategy_decisions d on d.id = o.decision_id
      where o.tenant_id = p_tenant and not o.learnt
      order by o.noted_at, o.decision_id limit 200
    ),
    keys as (
      select k.key from unnest(array['*', p_capability, p_segment]) as k (key)
      union select f.capability from fresh f
      union select f.segment from fresh f
    )
    select jsonb_build_object(
      'at', extract(epoch from clock_timestamp()),
      'learns', v_learns,
      'settings', (
        select jsonb_build_object('holdOut', s.hold_out, 'successUsd', s.success_usd, 'hourUsd', s.hour_usd, 'preferSeconds', s.prefer_seconds)
        from public.dispatch_settings s where s.tenant_id = p_tenant),
      'levels', (
        select coalesce(jsonb_object_agg(s.level_key, s.state), '{}')
        from public.strategy_statistics s where s.tenant_id = p_tenant and s.level_key in (select k.key from keys k)),
      'outcomes', (
        select coalesce(jsonb_agg(jsonb_build_object('decisionId', f.decision_id, 'capability', f.capability, 'segment', f.segment,
          'strategy', f.strategy, 'good', f.good, 'seconds', f.seconds, 'costUsd', f.cost_usd, 'at', f.at) order by f.noted_at, f.decision_id), '[]')
        from fresh f),
      'agents', engine.agents_for(p_tenant, p_capability)));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.dispatchable(p_handlers text[], p_queue text, p_route jsonb, p_limit integer)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_groups engine.claim_group[];
  v_cut uuid;
  v_after uuid;
  v_each integer;
  v_steps json;
  v_allowed jsonb;
begin
  v_groups := engine.groups_behind(p_queue, coalesce((p_route ->> 'after')::uuid, '00000000-0000-0000-0000-000000000000'), false, p_limit);
  if cardinality(v_groups) = p_limit then
    v_cut := v_groups[p_limit].tenant_id;
    -- a tenant that the walk cuts off is read by the next one, unless it is all there is
    if v_groups[1].tenant_id <> v_cut then
      v_groups := array(select g from unnest(v_groups) g where g.tenant_id <> v_cut);
    end if;
    v_after := v_groups[cardinality(v_groups)].tenant_id;
  end if;
  v_groups := array(
    select g from unnest(v_groups) g
    where g.handler = any (p_handlers) and g.run_at <= clock_timestamp() and engine.serves(p_route, g.tenant_id));

  select coalesce(jsonb_object_agg(k.tenant_id || k.handler, engine.would_allow(k.tenant_id, p_queue, k.handler, p_limit)), '{}')
  into v_allowed
  from (select distinct g.tenant_id, g.handler from unnest(v_groups) g) k where engine.ruled(k.tenant_id);

  v_each := least(p_limit, greatest(2, 4 * p_limit / greatest(1, cardinality(v_groups))));
  select json_agg(json_build_object('id', t.id, 'epoch', t.epoch, 'tenant_id', t.tenant_id, 'weight', t.weight) order by t.turn, t.tenant_id)
  into v_steps
  from (
    select k.*, engine.weight_of(k.tenant_id) as weight,
      row_number() over (partition by k.tenant_id order by k.last desc, k.priority, k.run_at, k.id) as turn
    from (
      select s.*, row_number() over (partition by s.tenant_id, s.handler order by s.priority, s.run_at, s.id) as nth
      from (
        select s.id, s.epoch, s.tenant_id, s.handler, s.priority, s.run_at, false as last
        from unnest(v_groups) g cross join lateral (
          select s.id, s.epoch, s.tenant_id, s.handler, s.priority, s.run_at from public.steps s
          where s.queue = p_queue and s.tenant_id = g.tenant_id and s.handler = g.handler and s.priority = g.priority
            and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
            and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
          order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at, s.id
          limit v_each) s
        union all
        -- what one more crash would end: each worker takes one of these at a time
        (select s.id, s.epoch, s.tenant_id, s.handler, s.priority, s.run_at, true from public.steps s
         where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and s.crashes > 0 and s.crashes + 1 >= s.max_crashes
           and s.handler = any (p_handlers) and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
           and engine.serves(p_route, s.tenant_id)
         order by s.queue, s.priority, s.run_at, s.id limit 8)
      ) s
    ) k
    where k.nth <= coalesce((v_allowed ->> (k.tenant_id || k.handler))::integer, p_limit)
    order by turn, k.tenant_id
    limit p_limit
  ) t;
  return json_build_object('steps', coalesce(v_steps, '[]'), 'after', v_after);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.due_schedules(p_limit integer, p_skip uuid[] DEFAULT '{}'::uuid[], p_now timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := coalesce(p_now, clock_timestamp());
  v_due json;
  v_next timestamptz;
begin
  select json_agg(json_build_object('id', s.id, 'version', s.version, 'cron', s.cron, 'time_zone', s.time_zone,
    'every_seconds', s.every_seconds, 'anchor_at', s.anchor_at, 'missed', s.missed, 'catch_up', s.catch_up, 'next_at', s.next_at)
    order by s.next_at)
  into v_due
  from (select * from public.schedules d where d.next_at <= v_now and d.id <> all (p_skip) order by d.next_at limit p_limit) s;
  select min(s.next_at) into v_next from public.schedules s where s.next_at > v_now;
  return json_build_object('clock', v_now, 'schedules', coalesce(v_due, '[]'), 'next_at', v_next);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.emit_event(p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_event text, p_key text, p_payload jsonb, p_actor_type text, p_actor_id text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps;
  v_lock bigint;
  v_before jsonb;
  v_sent jsonb;
begin
  for v_lock in
    select distinct engine.event_lock(p_tenant, p_event, k.key) from unnest(array[null, p_key]) as k (key) order by 1
  loop
    perform pg_advisory_xact_lock_shared(v_lock);
  end loop;
  v_step := engine.owned(p_tenant, p_step, p_epoch);

  select c.value into v_before from public.checkpoints c where c.step_id = p_step and c.name = left('emit ' || p_name, 200);
  if found then
    perform engine.mark_running(v_step);
    return jsonb_build_object('event_id', v_before ->> 'event_id', 'created', false, 'waiting', 0, 'for_workers', 0, 'for_agents', 0);
  end if;
  v_sent := engine.send_event(p_tenant, p_event, p_key, p_payload, v_step.run_id, p_actor_type, p_actor_id);
  perform engine.checkpoint(p_tenant, p_step, p_epoch, left('emit ' || p_name, 200), jsonb_build_object('event_id', v_sent ->> 'event_id'));
  return v_sent || jsonb_build_object('created', true);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.end_stranded(p_seconds double precision, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_since timestamptz := clock_timestamp() - make_interval(secs => p_seconds);
  v_known text[];
  v_stranded uuid[];
  v_ended uuid[];
begin
  if not exists (
    select from public.worker_devices d
    where d.status <> 'stopped' and d.up_since <= v_since and d.seen_at > clock_timestamp() - interval '60 s'
  ) then
    return 0;
  end if;
  select coalesce(array_agg(distinct h.handler), '{}') into v_known
  from public.worker_devices d cross join lateral unnest(d.handlers) as h (handler)
  where d.seen_at > v_since;

  v_stranded := array(
    with recursive g as (
      (select s.tenant_id, s.handler from public.steps s
       where s.queue = 'default' and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
       order by s.queue, s.tenant_id, s.handler limit 1)
      union all
      select n.* from g cross join lateral (
        select s.tenant_id, s.handler from public.steps s
        where s.queue = 'default' and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
          and (s.tenant_id, s.handler) > (g.tenant_id, g.handler)
        order by s.queue, s.tenant_id, s.handler limit 1) n
    )
    (select t.id from g cross join lateral (
       select s.id from public.steps s
       where s.queue = 'default' and s.tenant_id = g.tenant_id and s.handler = g.handler and s.run_at <= v_since
         and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
       order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at, s.id limit p_limit) t
     where g.handler <> all (v_known) limit p_limit)
    union all
    (select s.id from public.steps s
     where s.queue = 'default' and s.handler <> all (v_known) and s.run_at <= v_since
       and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and s.crashes > 0 and s.crashes + 1 >= s.max_crashes
     order by s.queue, s.priority, s.run_at, s.id limit p_limit)
    limit p_limit);

  with stranded as (
    select s.id from public.steps s
    where s.id = any (v_stranded) and s.status = 'queued' and s.holds = 0 and s.run_at <= v_since
    order by s.id for update skip locked
  ),
  moved as (
    update public.steps s
    set status = case when s.cancel_requested_at is null then 'failed' else 'cancelled' end, finalised_at = clock_timestamp(),
        error = jsonb_build_object('code', 'unknown_handler', 'message',
          format('No worker has had code for "%s" for %s s.', s.handler, round(p_seconds::numeric)))
    from stranded where s.id = stranded.id
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.error, s.correlation_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.settled', (array_agg(m.correlation_id))[1], 'system', 'sweeper', m.run_id,
      jsonb_build_object('run_id', m.run_id, 'steps', jsonb_agg(jsonb_build_object('step_id', m.id, 'run_id', m.run_id,
        'attempt', m.epoch, 'outcome', 'failed', 'status', m.status, 'error_code', m.error ->> 'code')))
    from moved m group by m.tenant_id, m.run_id
  )
  select coalesce(array_agg(m.id), '{}') into v_ended from moved m;
  if cardinality(v_ended) > 0 then
    perform engine.finish('{}', v_ended, 'system', 'sweeper');
  end if;
  return cardinality(v_ended);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.end_tool(p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_status text, p_result_digest text, p_error_code text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_run public.tool_runs;
begin
  update public.tool_runs t
  set status = p_status, result_digest = p_result_digest, error_code = p_error_code, ended_at = clock_timestamp()
  where t.step_id = v_step.id and t.name = p_name and t.status in ('intended', 'unknown')
  returning * into v_run;
  if not found then
    select t.* into v_run from public.tool_runs t where t.step_id = v_step.id and t.name = p_name;
    if not found then
      return null;
    end if;
  end if;
  return jsonb_build_object('id', v_run.id, 'status', v_run.status);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.enqueue(p_tenant uuid, p_tasks jsonb, p_actor_type text, p_actor_id text, p_correlation uuid, p_traceparent text DEFAULT NULL::text, p_causation uuid DEFAULT NULL::uuid)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_made uuid[];
  v_runs uuid[];
  v_for_workers integer;
  v_for_agents integer;
  v_asked integer := jsonb_array_length(p_tasks);
  v_us bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_run text := right(gen_random_uuid()::text, 17);
  v_step text := right(gen_random_uuid()::text, 17);
begin
  if session_user <> 'nofx_worker' then
    perform app.assert_tenant(p_tenant);
  end if;

  with asked as materialized (
    -- uuid v7 as app.uuid7 makes them, a microsecond apart: in the order asked. What is random is drawn once a call
    select t.*, (t.at || v_run)::uuid as run_id, (t.at || v_step)::uuid as step_id
    from (
      select r.*, '0' || to_hex(((v_us + r.n) / 1000 << 16) | 28672 | ((v_us + r.n) % 1000) * 4096 / 1000) as at
      from (
        select row_number() over () as n, t.*
        from jsonb_to_recordset(p_tasks) as t (
          kind text, kind_version smallint, executor text, capability text, arguments jsonb, queue text, priority smallint, title text,
          key text, token text, run_at timestamptz, max_failures integer, deadline_ms bigint, compensate boolean, undo jsonb, schedule_id uuid)
      ) r
      offset 0
    ) t
  ),
  made as (
    insert into public.runs (id, tenant_id, title, task_key, schedule_id, compensate, step_count, steps_left, correlation_id, causation_id,
      traceparent, created_by_type, created_by)
    select a.run_id, p_tenant, a.title, a.key, a.schedule_id, coalesce(a.compensate, true), 1, 1, p_correlation, p_causation,
      p_traceparent, p_actor_type, p_actor_id
    from asked a order by a.n
    on conflict (tenant_id, task_key) where task_key is not null do nothing
    returning id
  ),
  queued as (
    insert into public.steps (id, tenant_id, run_id, name, title, kind, kind_version, executor, capability, queue, priority, position,
      arguments, token, undo, max_failures, deadline_ms, run_at, correlation_id, causation_id, traceparent)
    select a.step_id, p_tenant, a.run_id, 'task', a.title, a.kind, coalesce(a.kind_version, 1), a.executor, a.capability,
      coalesce(a.queue, 'default'), coalesce(a.priority, 3), 0, a.arguments, a.token, a.undo, coalesce(a.max_failures, 3),
      coalesce(a.deadline_ms, 86400000), coalesce(a.run_at, clock_timestamp()), p_correlation, p_causation, p_traceparent
    from asked a where a.run_id in (select m.id from made m)
    order by a.n
    returning executor
  )
  select (select array_agg(a.run_id order by a.n) from asked a), (select array_agg(m.id) from made m),
    count(*) filter (where q.executor = 'worker'), count(*) filter (where q.executor = 'agent')
  into v_runs, v_made, v_for_workers, v_for_agents
  from queued q;

  -- keys that were taken: their runs, in the places of those that were not made
  if coalesce(cardinality(v_made), 0) < v_asked then
    select array_agg(coalesce(case when t.run_id = any (v_made) then t.run_id end, r.id) order by t.n) into v_runs
    from unnest(v_runs) with ordinality as t (run_id, n)
    left join public.runs r on r.tenant_id = p_tenant and r.task_key = p_tasks -> (t.n - 1)::integer ->> 'key';
  end if;

  if v_made is not null then
    insert into public.events (tenant_id, type, correlation_id, causation_id, traceparent, actor_type, actor_id, run_id, payload)
    values (p_tenant, 'tasks.queued', p_correlation, p_causation, p_traceparent, p_actor_type, p_actor_id,
      case when cardinality(v_made) = 1 then v_made[1] end,
      jsonb_build_object('count', cardinality(v_made), 'runs', to_jsonb(v_made[1:100])));
  end if;
  return json_build_object('runs', v_runs, 'existing', v_asked - coalesce(cardinality(v_made), 0),
    'for_workers', v_for_workers, 'for_agents', v_for_agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.enter_lane()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  -- as many as a database of some cores can work on at a time
  c_lanes constant integer := 8;
  v_first constant integer := pg_backend_pid() % c_lanes;
begin
  for i in 0 .. c_lanes - 1 loop
    if pg_try_advisory_xact_lock(1852796536, (v_first + i) % c_lanes) then
      return;
    end if;
  end loop;
  perform engine.wait_for_lane(v_first);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.error_class(p_code text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select case
    when p_code in ('timeout', 'agent_error', 'http_busy', 'http_unavailable', 'lease_lost', 'unclassified') then 'retryable'
    when p_code in ('shell_not_trusted', 'sandbox_unavailable', 'approval_rejected', 'approval_expired', 'address_refused',
      'unknown_outcome', 'wait_timed_out', 'review_rejected') then 'policy'
    when p_code = 'quota_exceeded' then 'budget'
    when p_code = 'poison_crash' then 'poison'
    else 'permanent' end
$function$
;

CREATE OR REPLACE FUNCTION engine.event_json(p_event external_events)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object('event_id', p_event.id, 'name', p_event.name, 'key', p_event.key, 'sent_at', p_event.sent_at,
    'payload', p_event.payload)
$function$
;

CREATE OR REPLACE FUNCTION engine.event_lock(p_tenant uuid, p_name text, p_key text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select hashtextextended(concat_ws('|', 'nofx.event', p_tenant, p_name, p_key), 0)
$function$
;

CREATE OR REPLACE FUNCTION engine.exchange(p_owner text, p_version text, p_handlers text[], p_settlements jsonb, p_renewals jsonb, p_want integer, p_lease_ms integer, p_route jsonb DEFAULT '{}'::jsonb)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_settled jsonb := '{"results": [], "for_workers": 0, "for_agents": 0}';
  v_renewed jsonb := '[]';
  v_claimed json := '[]';
  v_ids uuid[];
  v_cursor jsonb;
begin
  if p_want > 0 then
    perform engine.enter_lane();
  end if;
  -- steps before runs, as everywhere: settling locks runs, so what is renewed is locked before
  if p_settlements <> '[]' and p_renewals <> '[]' then
    perform engine.lock_steps(p_settlements || p_renewals);
  end if;
  if p_settlements <> '[]' then
    v_settled := engine.settle(p_owner, 'worker', null, p_settlements, true);
  end if;
  if p_renewals <> '[]' then
    select coalesce(jsonb_agg(to_jsonb(r)), '[]') into v_renewed
    from engine.renew(p_owner, 'worker', null, p_renewals, p_lease_ms) r;
  end if;
  if p_want > 0 then
    perform engine.assert_caller(p_owner, 'worker', null);
    if p_route -> 'ids' is null then
      select p.ids, p.cursor into v_ids, v_cursor from engine.pick(p_owner, p_handlers, p_want, p_route) p;
    else
      v_ids := engine.pick_named(p_owner, p_handlers, array(select jsonb_array_elements_text(p_route -> 'ids') limit p_want)::uuid[], p_route);
    end if;
    if cardinality(v_ids) > 0 then
      v_claimed := engine.grant_claims(v_ids, p_owner, 'worker', p_lease_ms, p_version);
    end if;
  end if;
  return json_build_object('settled', v_settled, 'renewed', v_renewed, 'claimed', v_claimed, 'cursor', v_cursor);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.expire_approval(p_approval uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_approval public.approvals;
begin
  select a.* into v_approval from public.approvals a where a.id = p_approval for update;
  if not found then
    return null;
  end if;
  perform app.assert_tenant(v_approval.tenant_id);
  if v_approval.status <> 'pending' or v_approval.expires_at > clock_timestamp() then
    return jsonb_build_object('status', v_approval.status, 'ended', false, 'for_workers', 0, 'for_agents', 0);
  end if;
  update public.approvals a set status = 'expired', decided_at = clock_timestamp() where a.id = p_approval;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (v_approval.tenant_id, 'approval.decided', v_approval.correlation_id, 'system', 'sweeper', v_approval.run_id,
    jsonb_strip_nulls(jsonb_build_object('approval_id', v_approval.id, 'subject', v_approval.subject, 'status', 'expired',
      'plan_id', v_approval.plan_id, 'run_id', v_approval.run_id, 'step_id', v_approval.step_id)));
  return engine.apply_approval(p_approval, 'system', 'sweeper') || jsonb_build_object('status', 'expired', 'ended', true);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.expire_approvals(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_approval public.approvals;
  v_expired uuid[] := '{}';
begin
  for v_approval in
    select a.* from public.approvals a
    where a.status = 'pending' and a.expires_at <= clock_timestamp()
    order by a.expires_at limit p_limit for update skip locked
  loop
    update public.approvals a set status = 'expired', decided_at = clock_timestamp() where a.id = v_approval.id;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_approval.tenant_id, 'approval.decided', v_approval.correlation_id, 'system', 'sweeper', v_approval.run_id,
      jsonb_strip_nulls(jsonb_build_object('approval_id', v_approval.id, 'subject', v_approval.subject, 'status', 'expired',
        'plan_id', v_approval.plan_id, 'run_id', v_approval.run_id, 'step_id', v_approval.step_id)));
    perform engine.apply_approval(v_approval.id, 'system', 'sweeper');
    v_expired := v_expired || v_approval.id;
  end loop;
  -- the audit head is the last lock that anybody takes, so this one waits for nothing while it has it
  for v_approval in select a.* from public.approvals a where a.id = any (v_expired) order by a.tenant_id, a.id loop
    perform app.append_audit(v_approval.tenant_id, 'approval.decided', 'system', 'sweeper',
      jsonb_build_object('approval_id', v_approval.id, 'status', 'expired')::text);
  end loop;
  return cardinality(v_expired);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.expire_deadlines(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_ended uuid[];
begin
  with late as (
    select s.id from public.steps s
    where s.status = 'queued' and s.deadline_at <= clock_timestamp() and s.holds = 0
    order by s.deadline_at limit p_limit for update skip locked
  ),
  moved as (
    update public.steps s
    set status = case when s.cancel_requested_at is null then 'failed' else 'cancelled' end, finalised_at = clock_timestamp(),
        error = coalesce(s.error, jsonb_build_object('code', 'deadline_exceeded', 'message', 'It did not get done within its time.'))
          || '{"past_deadline": true}'
    from late where s.id = late.id
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.error, s.correlation_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.settled', (array_agg(m.correlation_id))[1], 'system', 'sweeper', m.run_id,
      jsonb_build_object('run_id', m.run_id, 'steps', jsonb_agg(jsonb_build_object('step_id', m.id, 'run_id', m.run_id,
        'attempt', m.epoch, 'outcome', 'failed', 'status', m.status, 'error_code', m.error ->> 'code')))
    from moved m group by m.tenant_id, m.run_id
  )
  select coalesce(array_agg(m.id), '{}') into v_ended from moved m;
  if cardinality(v_ended) > 0 then
    perform engine.finish('{}', v_ended, 'system', 'sweeper');
  end if;
  return cardinality(v_ended);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.failures_limit(p_session uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce((select (a.quotas ->> 'failures')::integer from public.agent_sessions a where a.id = p_session), 10)
$function$
;

CREATE OR REPLACE FUNCTION engine.family(p_root uuid)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with recursive family (id) as (
    select p_root
    union
    select s.id from public.steps s join family f on s.parent_step_id = f.id
  )
  select f.id from family f
$function$
;

CREATE OR REPLACE FUNCTION engine.files_gone(p_paths text[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  delete from public.storage_deletions d where d.path = any (p_paths)
$function$
;

CREATE OR REPLACE FUNCTION engine.files_to_remove(p_limit integer)
 RETURNS TABLE(tenant_id uuid, path text)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.storage_deletions d
  set attempts = d.attempts + 1, next_at = clock_timestamp() + make_interval(secs => least(3600, 60 * 2 ^ least(d.attempts, 10)))
  where d.path in (
    select x.path from public.storage_deletions x where x.next_at <= clock_timestamp()
    order by x.next_at limit p_limit for update skip locked)
  returning d.tenant_id, d.path
$function$
;

CREATE OR REPLACE FUNCTION engine.find_conversation(p_tenant uuid, p_kind text, p_of uuid, p_channel text)
 RETURNS TABLE(id uuid, seq bigint, oldest bigint)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  return query
    select c.id, c.seq, (select min(m.conversation_seq) from public.agent_messages_all m where m.conversation_id = c.id)
    from public.conversations c
    where c.tenant_id = p_tenant and c.kind = p_kind and c.of_id = p_of and c.channel = p_channel;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.finish(p_succeeded uuid[], p_ended uuid[], p_actor_type text, p_actor_id text)
 RETURNS TABLE(for_workers integer, for_agents integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  -- as in engine.settle_one
  c_held constant text[] := '{assigned,running}';
  v_doomed uuid[] := '{}';
  v_cancelled uuid[] := '{}';
  v_told uuid[];
  v_waiting uuid[];
  v_freed record;
begin
  for_workers := 0;
  for_agents := 0;

  -- p_ended: failed or cancelled. Nothing that needs them can ever run, and nobody waits for what they spawned.
  if cardinality(p_ended) > 0 then
    with recursive doomed (id) as (
      select e.id from unnest(p_ended) as e (id)
      union
      select next.id from doomed cross join lateral (
        select d.step_id as id from public.step_dependencies d where d.required and d.depends_on = doomed.id
        union all
        select c.id from public.steps c where c.parent_step_id = doomed.id
      ) as next
    )
    select coalesce(array_agg(doomed.id) filter (where doomed.id <> all (p_ended)), '{}') into v_doomed from doomed;
  end if;

  v_waiting := v_doomed || array(select d.step_id from public.step_dependencies d where d.depends_on = any (p_succeeded || p_ended || v_doomed));
  if v_waiting <> '{}' then
    perform from public.steps s where s.id = any (v_waiting) order by s.id for update;
  end if;

  if cardinality(p_ended) > 0 then
    with ended as (
      update public.steps s
      set status = 'cancelled', finalised_at = clock_timestamp(),
          error = jsonb_build_object('code', 'dependency_failed', 'message', 'A step that this one needs did not succeed.')
      where s.id = any (v_doomed) and s.status = 'queued'
      returning s.id, s.tenant_id, s.run_id, s.correlation_id
    ),
    told as (
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      select e.tenant_id, 'step.cancelled', (array_agg(e.correlation_id))[1], p_actor_type, p_actor_id, e.run_id,
             jsonb_build_object('reason', 'dependency_failed',
               'steps', jsonb_agg(jsonb_build_object('step_id', e.id, 'run_id', e.run_id)))
      from ended e group by e.tenant_id, e.run_id
    )
    select coalesce(array_agg(e.id), '{}') into v_cancelled from ended e;

    -- what is being executed hears of it with its next heartbeat
    update public.steps s set cancel_requested_at = clock_timestamp()
    where s.id = any (v_doomed) and s.status = any (c_held) and s.cancel_requested_at is null;

    perform engine.close_questions(v_cancelled || p_ended, p_actor_type, p_actor_id);
    perform engine.close_waits(v_cancelled || p_ended);
  end if;

  v_told := engine.dead_letter_followup(p_succeeded, p_ended || v_cancelled);
  if cardinality(p_ended) > 0 then
    perform engine.bury(e.ids, p_actor_type, p_actor_id)
    from (select array_agg(id) filter (where id <> all (v_told)) as ids from unnest(p_ended) as id) e where e.ids is not null;
  end if;

  if v_waiting <> '{}' then
    with met as (
      select d.step_id, count(*)::integer as n
      from public.step_dependencies d
      where d.depends_on = any (p_succeeded) or (not d.required and d.depends_on = any (p_ended || v_cancelled))
      group by d.step_id
    ),
    freed as (
      update public.steps s
      set deps_left = s.deps_left - met.n,
          holds = case when s.deps_left = met.n then s.holds & ~1 else s.holds end,
          run_at = case when s.deps_left = met.n then clock_timestamp() else s.run_at end
      from met
      -- the list again, so that this never begins at the whole table
      where s.id = met.step_id and s.id = any (v_waiting) and s.status = 'queued'
      returning s.executor, s.holds
    )
    select count(*) filter (where f.executor = 'worker' and f.holds = 0),
           count(*) filter (where f.executor = 'agent' and f.holds = 0)
    into for_workers, for_agents
    from freed f;
  end if;

  if exists (select from public.steps s where s.id = any (p_succeeded || p_ended || v_cancelled) and s.parent_step_id is not null) then
    select * into v_freed from engine.children_ended(p_succeeded || p_ended || v_cancelled);
    for_workers := for_workers + v_freed.for_workers;
    for_agents := for_agents + v_freed.for_agents;
  end if;

  select * into v_freed from engine.count_down(p_succeeded || p_ended || v_cancelled, p_actor_type, p_actor_id);
  for_workers := for_workers + v_freed.for_workers;
  for_agents := for_agents + v_freed.for_agents;
  return next;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.finish_artifact(p_tenant uuid, p_step uuid, p_epoch bigint, p_artifact uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_artifact public.artifacts;
begin
  select a.* into v_artifact from public.artifacts a where a.id = p_artifact and a.step_id = p_step;
  if not found then
    return null;
  end if;
  if v_artifact.stored_at is null then
    update public.artifacts a set stored_at = null
    where a.step_id = p_step and a.name = v_artifact.name and a.stored_at is not null;
    update public.artifacts a set stored_at = clock_timestamp() where a.id = p_artifact;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_step.tenant_id, 'artifact.stored', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('artifact_id', p_artifact, 'run_id', v_step.run_id, 'step_id', p_step,
        'size', v_artifact.size, 'sha256', v_artifact.sha256));
  end if;
  return engine.artifact_json(v_artifact);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.fire_schedules(p_term bigint, p_firings jsonb, p_versions jsonb, p_now timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := coalesce(p_now, clock_timestamp());
  v_firing record;
  v_schedule public.schedules;
  v_begun json;
  v_outcome text;
  v_error text;
  v_made integer;
  v_told jsonb := '[]';
  v_for_workers integer := 0;
  v_for_agents integer := 0;
begin
  perform engine.assert_term('scheduler', p_term);
  for v_firing in
    select f.schedule_id, f.version, f.occurrence, f.outcome, coalesce(f.occurrences, 1) as occurrences, f.through, f.next_at
    from jsonb_to_recordset(p_firings) as f (
      schedule_id uuid, version integer, occurrence timestamptz, outcome text, occurrences integer, through timestamptz, next_at timestamptz)
    order by f.schedule_id, f.occurrence
  loop
    v_begun := null;
    v_error := null;
    select * into v_schedule from public.schedules s
    where s.id = v_firing.schedule_id and s.version = v_firing.version and s.next_at = v_firing.occurrence
      and v_firing.occurrence <= v_now and (v_firing.next_at > coalesce(v_firing.through, v_firing.occurrence)) is not false
    for update;
    if not found then
      v_outcome := 'stale';
    else
      v_outcome := case
        when v_firing.outcome = 'missed' then 'missed'
        when v_schedule.overlap = 'skip' and exists (
          select from public.runs r where r.id = v_schedule.last_run and r.finished_at is null) then 'skipped_overlap'
        -- dealt with before the timetable came by here again
        when exists (select from public.schedule_firings f where f.schedule_id = v_schedule.id and f.occurrence = v_firing.occurrence)
          then 'stale'
        else 'fired' end;
      if v_outcome = 'fired' then
        begin
          v_begun := engine.begin_scheduled(v_schedule, v_firing.occurrence, v_now, 'system', 'scheduler', app.uuid7(), null, p_versions);
        exception
          when others then
            -- a deadlock or a server that goes down concern the whole call
            if sqlstate ~ '^(40|57)' then
              raise;
            end if;
            v_outcome := case when sqlstate ~ '^(22|23)' then 'failed' else 'refused' end;
            v_error := left(sqlerrm, 1000);
        end;
      end if;
      if v_outcome <> 'refused' then
        if v_outcome <> 'stale' then
          insert into public.schedule_firings (schedule_id, occurrence, tenant_id, outcome, run_id, occurrences, through, error, by_term)
          values (v_schedule.id, v_firing.occurrence, v_schedule.tenant_id, v_outcome, (v_begun -> 'runs' ->> 0)::uuid,
            v_firing.occurrences, v_firing.through, v_error, p_term)
          on conflict do nothing;
          get diagnostics v_made = row_count;
        else
          v_made := 0;
        end if;
        update public.schedules s
        set next_at = v_firing.next_at, last_at = coalesce(v_firing.through, v_firing.occurrence),
            last_run = coalesce((v_begun -> 'runs' ->> 0)::uuid, s.last_run),
            misses = s.misses + case when v_outcome = 'missed' then v_firing.occurrences * v_made else 0 end
        where s.id = v_schedule.id;
        if v_outcome in ('missed', 'failed') and v_made = 1 then
          insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
          values (v_schedule.tenant_id, 'schedule.missed', app.uuid7(), 'system', 'scheduler', jsonb_build_object(
            'schedule_id', v_schedule.id, 'outcome', v_outcome, 'count', v_firing.occurrences,
            'first', v_firing.occurrence, 'last', coalesce(v_firing.through, v_firing.occurrence)));
        end if;
      end if;
      v_for_workers := v_for_workers + coalesce((v_begun ->> 'for_workers')::integer, 0);
      v_for_agents := v_for_agents + coalesce((v_begun ->> 'for_agents')::integer, 0);
    end if;
    v_told := v_told || jsonb_build_object('schedule_id', v_firing.schedule_id, 'occurrence', v_firing.occurrence,
      'outcome', v_outcome, 'run_id', v_begun -> 'runs' ->> 0, 'error', v_error);
  end loop;
  return json_build_object('firings', v_told, 'for_workers', v_for_workers, 'for_agents', v_for_agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.fleet_of(p_name text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object('workers', greatest(1, count(*)), 'rank', count(*) filter (where d.name < p_name))
  from public.worker_devices d
  where d.status <> 'stopped' and d.seen_at > clock_timestamp() - interval '10 s'
$function$
;

CREATE OR REPLACE FUNCTION engine.fold_agent_evidence(p_ids bigint[], p_capabilities jsonb, p_agents jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_gone integer;
  v_change record;
begin
  delete from public.agent_outcomes o where o.id = any (p_ids);
  get diagnostics v_gone = row_count;
  if v_gone <> cardinality(p_ids) then
    raise serialization_failure using message = 'folded by somebody else';
  end if;
  update public.agent_capabilities c
  set samples = c.samples + f.samples, successes = c.successes + f.successes,
      since = coalesce(c.since, to_timestamp(f.since / 1000)), last_at = to_timestamp(f.last_at / 1000), recent = f.recent,
      success_rate = f.success_rate, latency_ms = f.latency_ms, cost_pico = f.cost_pico, updated_at = clock_timestamp()
  from jsonb_to_recordset(p_capabilities) as f (agent_id uuid, capability text, samples integer, successes integer,
    since double precision, last_at double precision, recent jsonb, success_rate double precision, latency_ms double precision,
    cost_pico double precision)
  where c.agent_id = f.agent_id and c.capability = f.capability;
  for v_change in
    select f.*, a.tenant_id, a.status as was from jsonb_to_recordset(p_agents) as f (id uuid, revision integer, breaker jsonb, status text, reason text,
      trial_at double precision)
    join public.agent_registry a on a.id = f.id and a.revision = f.revision
    order by a.tenant_id, f.id
  loop
    update public.agent_registry a
    set breaker = v_change.breaker, trial_at = to_timestamp(v_change.trial_at / 1000),
        status = coalesce(v_change.status, a.status), status_by = case when v_change.status is null then a.status_by else 'breaker' end,
        status_reason = case when v_change.status is null then a.status_reason else v_change.reason end,
        status_at = case when v_change.status is null or v_change.status = a.status then a.status_at else clock_timestamp() end
    where a.id = v_change.id and a.revision = v_change.revision
      and (v_change.status is null or a.status = 'active' or (a.status = 'quarantined' and a.status_by = 'breaker'));
    if found and v_change.status is distinct from v_change.was and v_change.status is not null then
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
      values (v_change.tenant_id, 'agent.status_changed', app.uuid7(), 'system', 'breaker',
        jsonb_build_object('agent_id', v_change.id, 'status', v_change.status, 'from', v_change.was));
      perform app.append_audit(v_change.tenant_id, 'agent.status_changed', 'system', 'breaker',
        '{"agent_id":"' || v_change.id || '","from":"' || v_change.was || '","status":"' || v_change.status || '"}');
    end if;
  end loop;
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.fork(p_tenant uuid, p_run uuid, p_new uuid, p_from text[], p_edits jsonb, p_keep boolean, p_name text, p_correlation uuid, p_traceparent text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_plan uuid;
  v_running uuid;
begin
  perform app.assert_tenant(p_tenant);
  select r.plan_id into v_plan from public.runs r where r.id = p_run and r.tenant_id = p_tenant;
  if not found then
    return null;
  end if;
  if p_from is null then
    perform from public.plans p where p.id = v_plan for update;
    select r.id into v_running from public.runs r where r.plan_id = v_plan and r.status in ('queued', 'running') and r.id <> p_run limit 1;
    if found then
      return jsonb_build_object('result', 'busy', 'run_id', v_running);
    end if;
    select array_agg(s.name) into p_from from public.steps s where s.run_id = p_run and s.undo_of is null and s.parent_step_id is null;
  end if;
  return engine.fork_run(p_run, p_new, p_from, p_edits, p_keep, app.user_id(), p_name, 'member', app.user_id()::text, p_correlation,
    p_traceparent, null);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.fork_run(p_source uuid, p_new uuid, p_from text[], p_edits jsonb, p_keep boolean, p_member uuid, p_member_name text, p_actor_type text, p_actor_id text, p_correlation uuid, p_traceparent text, p_redrive_of uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run public.runs;
  v_root uuid;
  v_event uuid := app.uuid7();
  v_undone uuid[];
  v_fresh uuid[];
  v_keeping uuid[];
  -- the steps of the new run: what each is made from, its own id, and whether it is taken over as it ended
  v_old uuid[];
  v_new uuid[];
  v_kept boolean[];
  v_kept_count integer;
  v_count integer;
  v_approvals integer;
  v_freed record;
begin
  select r.* into strict v_run from public.runs r where r.id = p_source;
  v_root := coalesce(v_run.workspace_run, v_run.id);
  -- who goes on with the same workspace waits here
  perform from public.runs r where r.id = v_root for no key update;
  if v_run.finished_at is null then
    return jsonb_build_object('result', 'going', 'run_id', p_source, 'status', v_run.status);
  end if;

  -- an effect of a child is an effect of its parent; one that was taken over may have been undone under another run
  with recursive undone (id, parent_step_id) as (
    select s.id, s.parent_step_id from public.steps s
    where s.run_id = p_source and exists (
      select from public.steps same join public.compensations c on c.step_id = same.id and c.status in ('undoing', 'undone')
      where same.id = coalesce(s.kept_from, s.id) or same.kept_from = coalesce(s.kept_from, s.id))
    union
    select s.id, s.parent_step_id from undone u join public.steps s on s.id = u.parent_step_id
  )
  select coalesce(array_agg(u.id), '{}') into v_undone from undone u;

  with recursive fresh (id) as (
    select s.id from public.steps s
    where s.run_id = p_source and s.undo_of is null and s.parent_step_id is null
      and (s.name = any (p_from) or s.status <> 'succeeded' or s.id = any (v_undone))
    union
    select d.step_id from fresh f join public.step_dependencies d on d.depends_on = f.id
  )
  select coalesce(array_agg(f.id), '{}') into v_fresh from fresh f;

  select coalesce(array_agg(s.id), '{}') into v_keeping from public.steps s
  where p_keep and s.id = any (v_fresh) and (s.status <> 'succeeded' or s.name = any (p_from)) and not p_edits ? s.name;

  with recursive copied (id, kept, keeping) as (
    select s.id, s.id <> all (v_fresh), s.id = any (v_keeping) from public.steps s
    where s.run_id = p_source and s.undo_of is null and s.parent_step_id is null
    union all
    -- children of what goes on where it was: their parent finds them when it asks for them again
    select s.id, s.status = 'succeeded' and s.id <> all (v_undone),
      (s.status <> 'succeeded' or s.id = any (v_undone)) and not p_edits ? s.name
    from copied c join public.steps s on s.parent_step_id = c.id
    where c.keeping
  )
  select array_agg(c.id), array_agg(app.uuid7()), array_agg(c.kept), count(*), count(*) filter (where c.kept),
    array_agg(c.id) filter (where c.keeping)
  into v_old, v_new, v_kept, v_count, v_kept_count, v_keeping
  from (select x.* from copied x join public.steps s on s.id = x.id order by s.position, s.created_at, s.id) c;

  -- a run in which nothing runs would never end
  if v_kept_count = v_count then
    return jsonb_build_object('result', 'unchanged', 'run_id', p_source, 'status', v_run.status);
  end if;
  -- what could not be undone may be undone yet: nothing is built on it before that is settled
  if v_run.compensation = 'failed' and (v_kept_count > 0 or p_keep) then
    return jsonb_build_object('result', 'unsettled', 'run_id', p_source, 'status', v_run.status);
  end if;
  if v_kept_count = 0 and not p_keep then
    v_root := null;
  elsif exists (
    select from public.runs r where (r.id = v_root or r.workspace_run = v_root) and r.status in ('queued', 'running')
  ) then
    return jsonb_build_object('result', 'busy', 'run_id', (
      select r.id from public.runs r where (r.id = v_root or r.workspace_run = v_root) and r.status in ('queued', 'running') limit 1));
  end if;

  insert into public.runs (id, tenant_id, plan_id, title, workspace, workspace_run, forked_from, redrive_of, compensate, undo_order,
    step_count, steps_left, correlation_id, causation_id, traceparent, created_by_type, created_by)
  values (p_new, v_run.tenant_id, v_run.plan_id, v_run.title, v_run.workspace, v_root, p_source, p_redrive_of, v_run.compensate, v_run.undo_order,
    v_count, v_count - v_kept_count, p_correlation, v_event, p_traceparent, 'member', p_member);

  insert into public.steps (id, tenant_id, run_id, plan_step_id, parent_step_id, name, title, kind, kind_version, executor, capability,
    queue, priority, position, arguments, token, sensitive, undo, pivot, kept_from, status, holds, deps_left, children_left,
    max_failures, max_crashes, deadline_ms, output, correlation_id, causation_id, traceparent, started_at, finalised_at)
  select m.new, o.tenant_id, p_new, o.plan_step_id, parent.new, o.name, o.title, o.kind, o.kind_version, o.executor,
    case o.kind when 'agent' then coalesce(e.edit -> 'arguments' ->> 'capability', o.capability) else o.capability end,
    o.queue, o.priority, o.position, coalesce(e.edit -> 'arguments', o.arguments), coalesce(e.edit ->> 'token', o.token),
    o.sensitive or e.edit is not null, o.undo, o.pivot,
    case when m.kept then coalesce(o.kept_from, o.id) end,
    case when m.kept then 'succeeded' else 'queued' end,
    case when m.kept then 0 else
      case when coalesce(needs.n, 0) > 0 then 1 else 0 end | case when o.sensitive or e.edit is not null then 2 else 0 end end,
    case when m.kept then 0 else coalesce(needs.n, 0) end,
    case when m.kept then 0 else coalesce(children.n, 0) end,
    o.max_failures, o.max_crashes, o.deadline_ms, case when m.kept then o.output end, p_correlation, v_event, p_traceparent,
    case when m.kept then o.started_at end, case when m.kept then clock_timestamp() end
  from unnest(v_old, v_new, v_kept) as m (old, new, kept)
  join public.steps o on o.id = m.old
  cross join lateral (select p_edits -> o.name as edit) as e
  left join unnest(v_old, v_new) as parent (old, new) on parent.old = o.parent_step_id
  left join (
    select d.step_id, count(*)::integer as n
    from public.step_dependencies d join unnest(v_old, v_kept) as w (old, kept) on w.old = d.depends_on and not w.kept
    group by d.step_id
  ) as needs on needs.step_id = o.id
  left join (
    select c.parent_step_id, count(*)::integer as n
    from unnest(v_old, v_kept) as w (old, kept) join public.steps c on c.id = w.old
    where not w.kept and c.parent_step_id is not null group by c.parent_step_id
  ) as children on children.parent_step_id = o.id;

  insert into public.step_dependencies (step_id, depends_on, tenant_id, required)
  select a.new, b.new, d.tenant_id, d.required
  from unnest(v_old, v_new) as a (old, new)
  join public.step_dependencies d on d.step_id = a.old
  join unnest(v_old, v_new) as b (old, new) on b.old = d.depends_on;

  -- of a step's own results those are taken over that no undone one came before
  with taken as (
    insert into public.checkpoints (step_id, name, tenant_id, value, epoch, created_at)
    select m.new, k.name, k.tenant_id, k.value, k.epoch, k.created_at
    from unnest(v_old, v_new) as m (old, new) join public.checkpoints k on k.step_id = m.old
    where m.old = any (v_keeping) and not exists (
      select from public.compensations c join public.checkpoints lost on lost.step_id = c.step_id and lost.name = c.name
      where c.step_id = m.old and c.status in ('undoing', 'undone') and lost.created_at <= k.created_at)
    returning step_id, name
  )
  insert into public.compensations (tenant_id, run_id, step_id, name, kind, kind_version, arguments, epoch)
  select c.tenant_id, p_new, m.new, c.name, c.kind, c.kind_version, c.arguments, c.epoch
  from unnest(v_old, v_new, v_kept) as m (old, new, kept) join public.compensations c on c.step_id = m.old
  where c.status in ('registered', 'failed')
    and (m.kept or exists (select from taken t where t.step_id = m.new and t.name = c.name))
  order by c.seq;

  insert into public.waits (tenant_id, run_id, step_id, name, option, position, kind, topic, key, due_at, question, status, payload,
    source, created_at, ended_at)
  select w.tenant_id, p_new, m.new, w.name, w.option, w.position, w.kind, w.topic, w.key, w.due_at, w.question, w.status, w.payload,
    w.source, w.created_at, w.ended_at
  from unnest(v_old, v_new) as m (old, new) join public.waits w on w.step_id = m.old
  where m.old = any (v_keeping) and m.old <> all (v_undone) and w.status = 'met' and w.kind not in ('children', 'approval');

  v_approvals := engine.ask_for_steps(p_new, p_source, p_edits, p_member, p_member_name, p_actor_type, p_actor_id);

  insert into public.events (id, tenant_id, type, correlation_id, traceparent, actor_type, actor_id, run_id, payload)
  values (v_event, v_run.tenant_id, 'run.forked', p_correlation, p_traceparent, p_actor_type, p_actor_id, p_new,
    jsonb_build_object('run_id', p_new, 'forked_from', p_source, 'kept', v_kept_count));
  insert into public.events (tenant_id, type, correlation_id, causation_id, traceparent, actor_type, actor_id, run_id, payload)
  values (v_run.tenant_id, 'run.queued', p_correlation, v_event, p_traceparent, p_actor_type, p_actor_id, p_new,
    jsonb_build_object('run_id', p_new, 'plan_id', v_run.plan_id));

  select count(*) filter (where s.executor = 'worker') as workers, count(*) filter (where s.executor = 'agent') as agents
  into v_freed from public.steps s where s.run_id = p_new and s.status = 'queued' and s.holds = 0;
  return jsonb_build_object('result', 'forked', 'run_id', p_new, 'steps', v_count, 'kept', v_kept_count, 'approvals', v_approvals,
    'for_workers', v_freed.workers, 'for_agents', v_freed.agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.free_from(p_agents uuid[], p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_freed integer;
begin
  update public.steps s set preferred_until = v_now
  where s.id in (
    select f.id from public.agent_registry a join public.steps f on f.tenant_id = a.tenant_id and f.preferred_agent_id = a.id
    where a.id = any (p_agents) and f.status = 'queued' and f.holds = 0 and f.executor = 'agent' and f.preferred_agent_id is not null
      and f.preferred_until > v_now
    limit p_limit for update of f skip locked);
  get diagnostics v_freed = row_count;
  return v_freed;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.free_from_inactive()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform engine.free_from(array[new.id], 10000);
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.free_preferred(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_gone uuid[];
  v_freed integer := 0;
begin
  v_gone := array(
    with recursive meant as (
      (select s.tenant_id, s.preferred_agent_id from public.steps s
       where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and s.preferred_agent_id is not null
       order by s.tenant_id, s.preferred_agent_id limit 1)
      union all
      select n.* from meant m cross join lateral (
        select s.tenant_id, s.preferred_agent_id from public.steps s
        where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and s.preferred_agent_id is not null
          and (s.tenant_id, s.preferred_agent_id) > (m.tenant_id, m.preferred_agent_id)
        order by s.tenant_id, s.preferred_agent_id limit 1) n
    )
    select m.preferred_agent_id from meant m
    where not exists (
      select from public.agent_registry a
      where a.id = m.preferred_agent_id and a.tenant_id = m.tenant_id and a.status = 'active'
        and (a.last_seen_at > clock_timestamp() - interval '35 s' or exists (
          select from public.agent_presence p where p.agent_id = a.id and p.last_seen_at > clock_timestamp() - interval '35 s'))));
  if cardinality(v_gone) > 0 then
    v_freed := engine.free_from(v_gone, p_limit);
  end if;
  return v_freed;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.front_key(p_queue text, p_group engine.claim_group)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select pg_catalog.hashtextextended(p_queue || '/' || p_group.tenant_id || '/' || p_group.handler || '/' || p_group.priority, 0)
$function$
;

CREATE OR REPLACE FUNCTION engine.give_back(p_tenant uuid, p_queue text, p_handler text, p_owner text, p_count integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
begin
  if p_count <= 0 then
    return;
  end if;
  update public.claim_rules r
  set reserved = greatest(0, r.reserved - p_count), tokens = least(r.burst, r.tokens + p_count)
  where r.id in (select f.id from engine.rules_for(p_tenant, p_queue, p_handler, p_owner) f)
    and r.reserved_by = pg_current_xact_id();
end
$function$
;

CREATE OR REPLACE FUNCTION engine.give_grant(p_approval approvals)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  insert into public.approval_grants (tenant_id, approval_id, run_id, step_id, tool, tool_version, arguments_digest, expires_at, consumed_at)
  select p_approval.tenant_id, p_approval.id, p_approval.run_id, p_approval.step_id, p_approval.tool, p_approval.tool_version,
    coalesce(p_approval.edited_digest, p_approval.arguments_digest), clock_timestamp() + interval '72 hours',
    -- a step of a plan uses it up as it is let go
    case when p_approval.subject = 'plan_step' and p_approval.step_id is not null then clock_timestamp() end
  where p_approval.subject in ('tool', 'plan_step')
  on conflict (approval_id) do nothing
$function$
;

CREATE OR REPLACE FUNCTION engine.grant_claims(p_ids uuid[], p_owner text, p_executor text, p_lease_ms integer, p_version text)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_answer json;
begin
  if cardinality(p_ids) = 1 then
    return engine.grant_one(p_ids[1], p_owner, p_executor, p_lease_ms, p_version);
  end if;

  with claimed as (
    update public.steps s
    set status = 'assigned', epoch = s.epoch + 1, lease_owner = p_owner, progress = null, claimed_at = clock_timestamp(),
        deadline_at = coalesce(s.deadline_at, clock_timestamp() + make_interval(secs => s.deadline_ms / 1000.0)),
        lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from unnest(p_ids) with ordinality as c (id, n) where s.id = c.id
    returning s.id, s.tenant_id, s.run_id, s.name, s.title, s.kind, s.kind_version, s.capability, s.epoch, s.lease_until, s.run_at, s.arguments,
      s.token, s.failures, s.crashes, s.max_failures, s.max_crashes, s.correlation_id, s.traceparent, s.deadline_at, s.undo_of, s.claimed_at, c.n
  ),
  recorded as (
    insert into public.attempts (step_id, epoch, tenant_id, run_id, executor, worker_version, claimed_at)
    select c.id, c.epoch, c.tenant_id, c.run_id, p_owner, p_version, c.claimed_at from claimed c
  ),
  whole as (
    select c.*, r.plan_id, r.step_count, r.workspace, coalesce(r.workspace_run, r.id) as workspace_run, r.status as run_status,
      c.epoch > 1 or r.forked_from is not null or r.redrive_of is not null as been_here
    from claimed c join public.runs r on r.id = c.run_id
  ),
  locked as (
    select r.id from public.runs r
    where r.id = any (array(select w.run_id from whole w where w.run_status = 'queued' and w.plan_id is not null)) and r.status = 'queued'
    order by r.id for no key update
  ),
  begun as (
    update public.runs r set status = 'running', started_at = clock_timestamp()
    from locked where r.id = locked.id and r.status = 'queued'
    returning r.id, r.tenant_id, r.correlation_id
  ),
  told_runs as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select b.tenant_id, 'run.started', b.correlation_id, p_executor, p_owner, b.id, jsonb_build_object('run_id', b.id) from begun b
  ),
  told_claims as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select w.tenant_id, 'steps.claimed', (array_agg(w.correlation_id))[1], p_executor, p_owner,
      case when count(*) = 1 or count(distinct w.run_id) = 1 then (array_agg(w.run_id))[1] end,
      jsonb_build_object('executor', p_executor, 'worker', p_owner,
        -- written as text and read once: half the time of building as many objects
        'steps', ('[' || string_agg('{"step_id":"' || w.id || '","run_id":"' || w.run_id || '","epoch":' || w.epoch || '}', ',') || ']')::jsonb)
    from whole w
    group by w.tenant_id, case when w.plan_id is not null then w.run_id end
  )
  -- a document written as text takes half the time of one that is built key by key
  select ('[' || string_agg(
    '{"id":"' || c.id || '","tenant_id":"' || c.tenant_id || '","run_id":"' || c.run_id || '","name":' || to_json(c.name) || ',"title":' || to_json(c.title)
    || ',"kind":"' || c.kind || '","kind_version":' || c.kind_version || ',"epoch":' || c.epoch || ',"lease_until":' || to_json(c.lease_until)
    || ',"run_at":' || to_json(c.run_at) || ',"arguments":' || c.arguments || ',"token":' || to_json(c.token) || ',"failures":' || c.failures
    || ',"crashes":' || c.crashes || ',"max_failures":' || c.max_failures || ',"max_crashes":' || c.max_crashes
    || ',"correlation_id":"' || c.correlation_id || '","workspace_run":"' || c.workspace_run || '","shell":'
    || to_json(coalesce((select t.value #>> '{}' from public.tenant_settings t where t.tenant_id = c.tenant_id and t.key = 'shell'), 'off'))
    || case when c.capability is null then '' else ',"capability":' || to_json(c.capability) end
    || case when c.traceparent is null then '' else ',"traceparent":' || to_json(c.traceparent) end
    || case when c.undo_of is null then '' else ',"undo_of":"' || c.undo_of || '"' end
    || case when c.workspace is null then '' else ',"workspace":' || to_json(c.workspace) end
    || case when c.been_here then ',"checkpoints":'::text || engine.checkpoints_of(c.id) || ',"approvals":' || engine.answers_of(c.id) else '' end
    || case when c.step_count > 1 or c.undo_of is not null then ',"needs":'::text || engine.needs_of(c.id, c.undo_of) else '' end
    || case when c.arguments ? 'inputs' then ',"inputs":'::text || engine.inputs_of(c.run_id, c.arguments -> 'inputs') else '' end
    || '}', ',' order by c.n) || ']')::json
  into v_answer
  from whole c;
  return coalesce(v_answer, '[]');
end
$function$
;

CREATE OR REPLACE FUNCTION engine.grant_one(p_id uuid, p_owner text, p_executor text, p_lease_ms integer, p_version text)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  c record;
  r record;
  v_again boolean;
begin
  update public.steps s
  set status = 'assigned', epoch = s.epoch + 1, lease_owner = p_owner, progress = null, claimed_at = v_now,
      deadline_at = coalesce(s.deadline_at, v_now + make_interval(secs => s.deadline_ms / 1000.0)),
      lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0)
  where s.id = p_id
  returning s.id, s.tenant_id, s.run_id, s.name, s.title, s.kind, s.kind_version, s.capability, s.epoch, s.lease_until, s.run_at, s.arguments,
    s.token, s.failures, s.crashes, s.max_failures, s.max_crashes, s.correlation_id, s.traceparent, s.deadline_at, s.undo_of
  into c;
  insert into public.attempts (step_id, epoch, tenant_id, run_id, executor, worker_version, claimed_at)
  values (c.id, c.epoch, c.tenant_id, c.run_id, p_owner, p_version, v_now);

  select x.plan_id, x.step_count, x.workspace, coalesce(x.workspace_run, x.id) as workspace_run, x.status, x.forked_from, x.redrive_of,
    (select t.value #>> '{}' from public.tenant_settings t where t.tenant_id = c.tenant_id and t.key = 'shell') as shell
  into r from public.runs x where x.id = c.run_id;
  if r.status = 'queued' and r.plan_id is not null then
    update public.runs x set status = 'running', started_at = v_now where x.id = c.run_id and x.status = 'queued';
    if found then
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      values (c.tenant_id, 'run.started', c.correlation_id, p_executor, p_owner, c.run_id, jsonb_build_object('run_id', c.run_id));
    end if;
  end if;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (c.tenant_id, 'steps.claimed', c.correlation_id, p_executor, p_owner, c.run_id,
    jsonb_build_object('executor', p_executor, 'worker', p_owner,
      'steps', ('[{"step_id":"' || c.id || '","run_id":"' || c.run_id || '","epoch":' || c.epoch || '}]')::jsonb));

  v_again := c.epoch > 1 or r.forked_from is not null or r.redrive_of is not null;
  return json_build_array(json_build_object(
    'id', c.id, 'tenant_id', c.tenant_id, 'run_id', c.run_id, 'name', c.name, 'title', c.title,
    'kind', c.kind, 'kind_version', c.kind_version, 'capability', c.capability, 'epoch', c.epoch, 'lease_until', c.lease_until, 'run_at', c.run_at,
    'arguments', c.arguments, 'token', c.token, 'failures', c.failures, 'crashes', c.crashes,
    'max_failures', c.max_failures, 'max_crashes', c.max_crashes, 'correlation_id', c.correlation_id, 'traceparent', c.traceparent,
    'undo_of', c.undo_of, 'workspace', r.workspace, 'workspace_run', r.workspace_run,
    'shell', coalesce(r.shell, 'off'),
    'checkpoints', case when v_again then engine.checkpoints_of(c.id) end,
    'approvals', case when v_again then engine.answers_of(c.id) end,
    'needs', case when r.step_count > 1 or c.undo_of is not null then engine.needs_of(c.id, c.undo_of) end,
    'inputs', case when c.arguments ? 'inputs' then engine.inputs_of(c.run_id, c.arguments -> 'inputs') end));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.groups_around(p_queue text, p_mode text, p_from engine.claim_group, p_to uuid, p_below engine.claim_group, p_limit integer, p_known engine.claim_group)
 RETURNS engine.claim_group[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_groups engine.claim_group[] := '{}';
begin
  if p_known.tenant_id is null or p_known.tenant_id < p_from.tenant_id or (p_known.tenant_id = p_from.tenant_id and p_mode = 'behind')
    or p_known.tenant_id > p_to or p_known.tenant_id >= p_below.tenant_id then
    return engine.groups_of(p_queue, p_mode, p_from, p_to, p_below, p_limit);
  end if;
  if p_known.tenant_id > p_from.tenant_id then
    v_groups := engine.groups_of(p_queue, p_mode, p_from, p_to, row(p_known.tenant_id, '', 0, null)::engine.claim_group, p_limit);
  end if;
  if cardinality(v_groups) < p_limit then
    v_groups := v_groups || engine.groups_before(p_queue, p_known, p_limit - cardinality(v_groups));
  end if;
  if cardinality(v_groups) < p_limit then
    v_groups := v_groups || p_known;
  end if;
  if cardinality(v_groups) < p_limit then
    v_groups := v_groups || engine.groups_of(p_queue, 'group', p_known, p_to, p_below, p_limit - cardinality(v_groups));
  end if;
  return v_groups;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.groups_before(p_queue text, p_group engine.claim_group, p_limit integer)
 RETURNS engine.claim_group[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_groups engine.claim_group[] := '{}';
  g engine.claim_group := row(p_group.tenant_id, '', 0, null)::engine.claim_group;
begin
  while cardinality(v_groups) < p_limit loop
    select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
    where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
      and s.tenant_id = p_group.tenant_id and (s.handler, s.priority) > (g.handler, g.priority) and s.handler < p_group.handler
    order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    exit when not found;
    v_groups := v_groups || g;
  end loop;
  g := null;
  while cardinality(v_groups) < p_limit loop
    select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
    where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
      and s.tenant_id = p_group.tenant_id and s.handler = p_group.handler
      and s.priority > coalesce(g.priority, -32768) and s.priority < p_group.priority
    order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    exit when not found;
    v_groups := v_groups || g;
  end loop;
  return v_groups;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.groups_behind(p_queue text, p_tenant uuid, p_at boolean, p_limit integer)
 RETURNS engine.claim_group[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  c_last constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
begin
  return nullif(engine.groups_of(p_queue, case when p_at then 'at' else 'behind' end, row(p_tenant, null, null, null)::engine.claim_group,
    c_last, row(c_last, '', 0, null)::engine.claim_group, p_limit), '{}');
end
$function$
;

CREATE OR REPLACE FUNCTION engine.groups_of(p_queue text, p_mode text, p_from engine.claim_group, p_to uuid, p_below engine.claim_group, p_limit integer)
 RETURNS engine.claim_group[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_groups engine.claim_group[] := '{}';
  g engine.claim_group := p_from;
begin
  if p_below.handler <> '' then
    return engine.groups_before(p_queue, p_below, p_limit);
  end if;
  if p_mode <> 'group' then
    -- two statements, because a bound that may or may not apply would be no bound of the index
    if p_mode = 'behind' then
      select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and s.tenant_id > g.tenant_id and s.tenant_id <= p_to and s.tenant_id < p_below.tenant_id
      order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    else
      select s.tenant_id, s.handler, s.priority, s.run_at into g from public.steps s
      where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and s.tenant_id >= g.tenant_id and s.tenant_id <= p_to and s.tenant_id < p_below.tenant_id
      order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1;
    end if;
    if not found then
      return '{}';
    end if;
    v_groups := array[g];
    if p_limit <= 1 then
      return v_groups;
    end if;
  end if;
  return v_groups || array(
    with recursive n as (
      select g.tenant_id as tenant_id, g.handler as handler, g.priority as priority, g.run_at as run_at
      union all
      select f.* from n cross join lateral (
        select s.tenant_id, s.handler, s.priority, s.run_at from public.steps s
        where s.queue = p_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
          and (s.tenant_id, s.handler, s.priority) > (n.tenant_id, n.handler, n.priority)
          and s.tenant_id <= p_to and s.tenant_id < p_below.tenant_id
        order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at limit 1) f
    )
    -- the first is the one that was begun behind
    select row(n.tenant_id, n.handler, n.priority, n.run_at)::engine.claim_group from n offset 1 limit p_limit - cardinality(v_groups));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.has_last_chance(p_owner text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return not pg_try_advisory_xact_lock(hashtextextended('engine.last_chance ' || p_owner, 0)) or exists (
    select from public.steps s
    where s.status in ('assigned', 'running') and s.lease_owner = p_owner and s.crashes > 0 and s.crashes + 1 >= s.max_crashes);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.held_by_agent(p_tenant uuid, p_agent uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select count(*) from public.steps s
  where s.tenant_id = p_tenant and s.lease_owner = p_agent::text and s.executor = 'agent' and s.status in ('assigned', 'running')
$function$
;

CREATE OR REPLACE FUNCTION engine.history_tables()
 RETURNS TABLE(name text, key text, seen boolean)
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  values ('runs', 'id', true), ('steps', 'run_id', true), ('step_dependencies', 'step_id', true), ('attempts', 'step_id', true),
    ('checkpoints', 'step_id', false), ('compensations', 'run_id', true), ('artifacts', 'run_id', true), ('step_logs', 'run_id', true),
    ('agent_messages', 'run_id', false), ('waits', 'run_id', true), ('external_events', 'run_id', false),
    ('agent_sessions', 'run_id', true), ('run_agent_hierarchy', 'run_id', true), ('agent_subagents', 'run_id', true),
    ('critic_verdicts', 'run_id', true)
$function$
;

CREATE OR REPLACE FUNCTION engine.hold_bit(p_kind text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select case p_kind when 'approval' then 2 when 'children' then 4 when 'timer' then 8 when 'event' then 16 when 'message' then 32
    when 'person' then 128 end
$function$
;

CREATE OR REPLACE FUNCTION engine.holds_any(p_text text, p_needles text[])
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select exists (select from unnest(p_needles) as n where position(n in p_text) > 0)
$function$
;

CREATE OR REPLACE FUNCTION engine.in_json(p_needles text[])
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select coalesce(array_agg(substr(j, 2, length(j) - 2) order by length(j) desc), '{}') from (select to_jsonb(n)::text as j from unnest(p_needles) as n) x
$function$
;

CREATE OR REPLACE FUNCTION engine.inputs_of(p_run uuid, p_inputs jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (select coalesce(jsonb_agg(engine.artifact_json(a) || jsonb_build_object('from', s.name, 'to', i.value ->> 'to')), '[]')
  from jsonb_array_elements(case jsonb_typeof(p_inputs) when 'array' then p_inputs else '[]' end) i
  join public.steps s on s.run_id = p_run and s.name = i.value ->> 'from'
  join public.artifacts a on a.step_id = coalesce(s.kept_from, s.id) and a.name = i.value ->> 'artifact' and a.stored_at is not null);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.is_attempt(p_outcome text, p_finished_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  return (p_outcome is null) = (p_finished_at is null)
    and (p_outcome is null or p_outcome = any ('{succeeded,failed,released,suspended,lost,cancelled}'));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.is_held(p_tenant uuid, p_message uuid, p_conversation uuid, p_run uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select exists (
    select from public.legal_holds h
    where h.tenant_id = p_tenant and h.lifted_at is null
      and case h.kind when 'message' then h.of_id = p_message when 'conversation' then h.of_id = p_conversation
        when 'run' then h.of_id = p_run else true end)
$function$
;

CREATE OR REPLACE FUNCTION engine.is_of_type(p_type text, p_kind text, p_capability text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case when right(p_type, 1) = '*'
    then starts_with(p_kind, left(p_type, -1)) or coalesce(starts_with(p_capability, left(p_type, -1)), false)
    else p_type = p_kind or coalesce(p_type = p_capability, false) end
$function$
;

CREATE OR REPLACE FUNCTION engine.is_run(p_status text, p_finished_at timestamp with time zone, p_compensation text, p_outcome text, p_steps_left integer, p_undo_order text, p_plan uuid, p_title text, p_task_key text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  return p_status = any ('{queued,running,succeeded,failed,cancelled}')
    and (p_status = any ('{succeeded,failed,cancelled}')) = (p_finished_at is not null)
    and p_compensation = any ('{none,running,done,failed}')
    and (p_compensation = 'none' or p_outcome is not null)
    and (p_outcome is null or p_outcome = any ('{failed,cancelled}'))
    and p_steps_left >= 0
    and p_undo_order = any ('{completion,dependency}')
    and (p_plan is not null or p_title is not null)
    and (p_title is null or length(p_title) between 1 and 200)
    and (p_task_key is null or length(p_task_key) between 1 and 255);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.is_settled(p_run runs)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select p_run.finished_at is not null and p_run.compensation in ('none', 'done')
    and not exists (select from public.dead_letters d where d.run_id = p_run.id and d.status in ('new', 'triaged', 'redriving'))
    and not exists (select from public.dead_letters d where d.redrive_run = p_run.id and d.status in ('new', 'triaged', 'redriving'))
    and not exists (select from public.approvals a where a.run_id = p_run.id and a.status = 'pending')
    and not exists (select from public.waits w where w.run_id = p_run.id and w.status = 'open')
    and not exists (select from public.events e where e.run_id = p_run.id and e.seq is null)
$function$
;

CREATE OR REPLACE FUNCTION engine.is_step(p_status text, p_finalised_at timestamp with time zone, p_lease_until timestamp with time zone, p_executor text, p_holds integer, p_deps_left integer, p_children_left integer, p_deadline_ms bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  return p_status = any ('{queued,assigned,running,succeeded,failed,cancelled}')
    and (p_status = any ('{succeeded,failed,cancelled}')) = (p_finalised_at is not null)
    and (p_status = any ('{assigned,running}')) = (p_lease_until is not null)
    and p_executor = any ('{worker,agent}')
    and p_holds between 0 and 511
    and p_deps_left >= 0 and (p_deps_left = 0 or p_holds & 1 = 1)
    and p_children_left >= 0
    and p_deadline_ms > 0;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.keep_decision(p_tenant uuid, p_decision jsonb)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_id uuid;
begin
  perform app.assert_tenant(p_tenant);
  insert into public.strategy_decisions (tenant_id, run_id, step_id, capability, segment, strategy, held_out, level, open, probability,
    hold_out, success_usd, hour_usd, reason, numbers, agents)
  select p_tenant, d.run_id, d.step_id, d.capability, d.segment, d.strategy, d.held_out, d.level, d.open, d.probability, d.hold_out,
    d.success_usd, d.hour_usd, d.reason, d.numbers, d.agents
  from jsonb_to_record(p_decision) as d (run_id uuid, step_id uuid, capability text, segment text, strategy text, held_out boolean,
    level text, open smallint, probability double precision, hold_out double precision, success_usd double precision,
    hour_usd double precision, reason text, numbers jsonb, agents jsonb)
  returning id into v_id;
  return v_id;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.keep_digests(p_term bigint, p_digests jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_new record;
  v_last public.audit_digests;
  v_count integer := 0;
  v_refused jsonb := '[]';
begin
  perform engine.assert_term('auditor', p_term);
  for v_new in
    select * from jsonb_to_recordset(p_digests) as d (tenant uuid, n bigint, "from" bigint, "to" bigint, count bigint, "headHash" text,
      "previousSignature" text, at timestamptz, kid text, signature text)
    order by d.tenant, d.n
  loop
    select * into v_last from public.audit_digests d where d.tenant_id = v_new.tenant order by d.n desc limit 1;
    continue when v_new.n <= coalesce(v_last.n, 0);
    if v_new.n <> coalesce(v_last.n, 0) + 1 or v_new."from" <> coalesce(v_last.to_seq, 0) + 1
      or v_new."previousSignature" <> coalesce(v_last.signature, '')
      or not exists (select from public.audit_log a where a.tenant_id = v_new.tenant and a.seq = v_new."to" and a.hash = v_new."headHash")
    then
      v_refused := v_refused || to_jsonb(v_new.tenant);
      continue;
    end if;
    insert into public.audit_digests (tenant_id, n, from_seq, to_seq, count, head_hash, previous_signature, at, kid, signature)
    values (v_new.tenant, v_new.n, v_new."from", v_new."to", v_new.count, v_new."headHash", v_new."previousSignature", v_new.at, v_new.kid,
      v_new.signature);
    -- of a stretch in which nobody decided anything nobody is told: telling would make the next entry
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
    select v_new.tenant, 'audit.digest_signed', app.uuid7(), 'system', 'auditor', jsonb_build_object('n', v_new.n, 'from', v_new."from",
      'to', v_new."to", 'head_hash', v_new."headHash", 'kid', v_new.kid, 'signature', v_new.signature)
    where exists (select from public.audit_log a where a.tenant_id = v_new.tenant and a.seq between v_new."from" and v_new."to" and a.verb <> 'events.sealed');
    v_count := v_count + 1;
  end loop;
  return jsonb_build_object('kept', v_count, 'refused', v_refused);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.keep_learnt(p_tenant uuid, p_levels jsonb, p_outcomes uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  insert into public.strategy_statistics as s (tenant_id, level_key, state)
  select p_tenant, l.key, l.value from jsonb_each(p_levels) l
  on conflict (tenant_id, level_key) do update set state = excluded.state, updated_at = clock_timestamp();
  update public.strategy_outcomes o set learnt = true where o.decision_id = any (p_outcomes) and o.tenant_id = p_tenant;
  delete from public.strategy_decisions d
  where d.id in (
    select o.id from (
      select f.id, f.decided_at from public.strategy_decisions f where f.tenant_id = p_tenant order by f.id limit 100) o
    where o.decided_at < clock_timestamp() - interval '180 days');
end
$function$
;

CREATE OR REPLACE FUNCTION engine.keep_wanted(p_tenant uuid, p_redaction uuid, p_approval uuid, p_sealed bytea, p_wrapped bytea, p_kek text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  update public.redactions r set sealed = p_sealed, approval_id = p_approval
  where r.id = p_redaction and r.tenant_id = p_tenant and r.status = 'pending';
  insert into public.content_keys (id, tenant_id, item, wrapped, kek) values (p_redaction, p_tenant, 'redaction', p_wrapped, p_kek);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.last_worker_version(p_step uuid)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select a.worker_version from public.attempts a
  where a.step_id = p_step and a.worker_version is not null order by a.epoch desc limit 1
$function$
;

CREATE OR REPLACE FUNCTION engine.leader_lock(p_role text, p_which integer)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select hashtextextended('leader|' || p_role, p_which)
$function$
;

CREATE OR REPLACE FUNCTION engine.leads(p_role text, p_term bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select exists (select from engine.leaders l where l.role = p_role and l.term = p_term)
$function$
;

CREATE OR REPLACE FUNCTION engine.letter_compensation(p_letter dead_letters)
 RETURNS compensations
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select c from public.steps dead
  join public.compensations c on c.step_id = dead.undo_of
  join public.steps undo on undo.id = c.undo_step and undo.name = dead.name
  where dead.id = p_letter.step_id and p_letter.stage = 'compensate'
$function$
;

CREATE OR REPLACE FUNCTION engine.letter_step(p_letter dead_letters)
 RETURNS steps
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select s from public.steps dead
  join public.steps s on s.run_id = coalesce(p_letter.redrive_run, dead.run_id) and s.name = dead.name
  where dead.id = p_letter.step_id
$function$
;

CREATE OR REPLACE FUNCTION engine.lock_open_steps(p_run uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_held uuid[] := '{}';
  v_now uuid[];
begin
  loop
    select coalesce(array_agg(o.id), '{}') into v_now from (
      select s.id from public.steps s
      where s.run_id = p_run and s.status in ('queued', 'assigned', 'running') and s.holds & 1 = 0
      order by s.id for update
    ) o;
    v_held := v_held || v_now;
    -- looked at anew: what ended while this waited may have freed others, or begun to undo the run
    exit when not exists (
      select from public.steps s
      where s.run_id = p_run and s.status in ('queued', 'assigned', 'running') and s.holds & 1 = 0 and s.id <> all (v_held));
  end loop;
  perform from public.steps s
  where s.run_id = p_run and s.status in ('queued', 'assigned', 'running')
  order by s.id for update;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.lock_steps(p_items jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_steps uuid[] := array(select i.step_id from jsonb_to_recordset(p_items) as i (step_id uuid));
begin
  v_steps := v_steps || array(select s.parent_step_id from public.steps s where s.id = any (v_steps));
  perform from public.steps s where s.id = any (v_steps) order by s.id for update;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.mailbox_lock(p_step uuid)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select hashtextextended('nofx.mailbox|' || p_step, 0)
$function$
;

CREATE OR REPLACE FUNCTION engine.mark_redriven(p_source uuid, p_new uuid, p_actor_type text, p_actor_id text)
 RETURNS jsonb
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with moved as (
    update public.dead_letters d
    set status = 'redriving', redrive_run = p_new, version = d.version + 1
    from public.steps dead, public.steps s
    where (d.redrive_run = p_source or (d.run_id = p_source and d.redrive_run is null)) and d.status in ('new', 'triaged')
      and dead.id = d.step_id and s.run_id = p_new and s.name = dead.name and s.status = 'queued'
    returning d.id, d.tenant_id, d.run_id, d.step_id, d.stage, d.reason, d.version, s.correlation_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'dead_letter.redriven', m.correlation_id, p_actor_type, p_actor_id, p_new,
      jsonb_build_object('dead_letter_id', m.id, 'run_id', m.run_id, 'step_id', m.step_id, 'stage', m.stage, 'reason', m.reason,
        'version', m.version, 'redrive_run', p_new)
    from moved m
  )
  select coalesce(jsonb_agg(m.id order by m.id), '[]') from moved m
$function$
;

CREATE OR REPLACE FUNCTION engine.mark_running(p_step steps)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_step.status <> 'assigned' then
    return;
  end if;
  update public.steps s set status = 'running', started_at = coalesce(s.started_at, clock_timestamp()) where s.id = p_step.id;
  update public.attempts a set started_at = clock_timestamp()
  where a.step_id = p_step.id and a.epoch = p_step.epoch and a.started_at is null;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_step.tenant_id, 'steps.started', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
    jsonb_build_object('steps', jsonb_build_array(
      jsonb_build_object('step_id', p_step.id, 'run_id', p_step.run_id, 'epoch', p_step.epoch))));
  perform engine.begin_tasks(array[p_step.run_id]);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.may_archive(p_root runs, p_before timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if not engine.is_settled(p_root) then
    return false;
  end if;
  -- nearly all runs are alone
  if not exists (select from public.runs f where f.forked_from = p_root.id) then
    return true;
  end if;
  return not exists (
    select from engine.run_family(array[p_root.id]) k join public.runs r on r.id = k.id
    where r.finished_at is null or r.finished_at >= p_before or not engine.is_settled(r));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.meet_waits(p_waits uuid[], p_payloads jsonb, p_sources jsonb, p_actor_type text, p_actor_id text)
 RETURNS TABLE(for_workers integer, for_agents integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_met uuid[];
  v_steps uuid[];
  v_withdrawn uuid[];
begin
  for_workers := 0;
  for_agents := 0;
  perform from public.steps s
  where s.id in (select w.step_id from public.waits w where w.id = any (p_waits))
  order by s.id for update;

  with chosen as (
    select distinct on (w.step_id, w.name) w.id
    from public.waits w join public.steps s on s.id = w.step_id
    where w.id = any (p_waits) and w.status = 'open' and s.status = 'queued'
    order by w.step_id, w.name, w.due_at nulls first, w.position
  ),
  met as (
    update public.waits w
    set status = 'met', ended_at = clock_timestamp(), payload = p_payloads -> w.id::text, source = (p_sources ->> w.id::text)::uuid
    from chosen c where w.id = c.id
    returning w.id, w.tenant_id, w.run_id, w.step_id, w.kind
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'wait.met', s.correlation_id, p_actor_type, p_actor_id, m.run_id,
      jsonb_build_object('wait_id', m.id, 'run_id', m.run_id, 'step_id', m.step_id, 'kind', m.kind)
    from met m join public.steps s on s.id = m.step_id
  )
  select coalesce(array_agg(m.id), '{}'), coalesce(array_agg(distinct m.step_id), '{}') into v_met, v_steps from met m;
  if cardinality(v_met) = 0 then
    return next;
    return;
  end if;

  with lost as (
    update public.waits w set status = 'lost', ended_at = clock_timestamp()
    from public.waits m
    where m.id = any (v_met) and w.step_id = m.step_id and w.name = m.name and w.status = 'open'
    returning w.approval_id
  )
  select array_agg(l.approval_id) into v_withdrawn from lost l where l.approval_id is not null;
  if v_withdrawn is not null then
    perform engine.withdraw_questions(v_withdrawn, p_actor_type, p_actor_id);
  end if;

  with held as (
    select w.step_id, bit_or(engine.hold_bit(w.kind)) as bits,
      coalesce(bit_or(engine.hold_bit(w.kind)) filter (where w.status = 'open'), 0) as needed
    from public.waits w where w.step_id = any (v_steps) group by w.step_id
  ),
  woken as (
    update public.steps s
    set holds = (s.holds & ~h.bits) | h.needed, run_at = clock_timestamp(),
        deadline_at = case when (s.holds & ~h.bits) | h.needed = 0
          then s.deadline_at + (clock_timestamp() - coalesce(s.held_at, clock_timestamp())) else s.deadline_at end,
        held_at = case when (s.holds & ~h.bits) | h.needed = 0 then null else s.held_at end
    from held h where s.id = h.step_id and s.status = 'queued'
    returning s.executor, s.holds
  )
  select count(*) filter (where w.executor = 'worker' and w.holds = 0), count(*) filter (where w.executor = 'agent' and w.holds = 0)
  into for_workers, for_agents from woken w;
  return next;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.messages_before()
 RETURNS TABLE(tenant_id uuid, class text, before timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select t.id, c.class, clock_timestamp() - make_interval(days => (p.value ->> (c.class || '_days'))::integer)
  from public.tenants t
  left join public.tenant_settings own on own.tenant_id = t.id and own.key = 'messages'
  cross join lateral (
    select coalesce((select s.value from public.plane_settings s where s.key = 'messages'), '{}') || coalesce(own.value, '{}') as value
  ) as p
  cross join (values ('transient'), ('standard'), ('audit')) as c (class)
  where p.value ->> (c.class || '_days') is not null
$function$
;

CREATE OR REPLACE FUNCTION engine.mirror_history()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_table record;
  v_column record;
  v_columns text;
begin
  for v_table in select h.*, h.name || '_history' as past, h.name || '_all' as whole from engine.history_tables() h loop
    if to_regclass('public.' || v_table.past) is null then
      execute format('create table public.%I (like public.%I)', v_table.past, v_table.name);
      execute format('alter table public.%I enable row level security', v_table.past);
      execute format('create policy %I on public.%I for select to authenticated, nofx_member, nofx_agent using (tenant_id in (select app.tenant_ids()))',
        v_table.past || '_read', v_table.past);
      execute format('grant select on public.%I to authenticated, nofx_member, nofx_agent', v_table.past);
      execute format('comment on table public.%I is %L', v_table.past, 'Of runs that have moved to history: as ' || v_table.name);
    end if;

    for v_column in
      select a.attname, a.attnotnull, pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
        case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end as value
      from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = ('public.' || v_table.name)::regclass and a.attnum > 0 and not a.attisdropped
        and not exists (
          select from pg_catalog.pg_attribute p
          where p.attrelid = ('public.' || v_table.past)::regclass and p.attname = a.attname and not p.attisdropped)
      order by a.attnum
    loop
      execute format('alter table public.%I add column %I %s%s%s', v_table.past, v_column.attname, v_column.type,
        coalesce(' default ' || v_column.value, ''), case when v_column.attnotnull and v_column.value is not null then ' not null' else '' end);
      execute format('alter table public.%I alter column %I drop default', v_table.past, v_column.attname);
    end loop;

    continue when not v_table.seen;
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into v_columns
    from pg_catalog.pg_attribute a
    where a.attrelid = ('public.' || v_table.name)::regclass and a.attnum > 0 and not a.attisdropped;
    execute format('drop view if exists public.%I', v_table.whole);
    -- of the caller's rights: the policies of both tables hold
    execute format('create view public.%I with (security_invoker = true) as select %s, false as archived from public.%I union all select %s, true from public.%I',
      v_table.whole, v_columns, v_table.name, v_columns, v_table.past);
    execute format('comment on view public.%I is %L', v_table.whole, 'Live and history together: each row once in any one statement');
    execute format('grant select on public.%I to authenticated, nofx_member, nofx_agent', v_table.whole);
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.missing_groups(p_tenant uuid, p_rule jsonb)
 RETURNS text[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('approval groups|' || p_tenant, 0));
  return (
    select coalesce(array_agg(distinct n.name order by n.name), '{}')
    from (
      select e ->> 'group' as name from jsonb_array_elements(coalesce(p_rule -> 'groups', '[]')) e
      union all
      select p_rule ->> 'escalateTo'
    ) n
    where n.name is not null
      and not exists (select from public.approval_groups g where g.tenant_id = p_tenant and g.name = n.name));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.move_cursor(p_tenant uuid, p_conversation uuid, p_reader text, p_done bigint)
 RETURNS TABLE(done bigint, redacted uuid[])
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_cursor public.message_cursors;
  -- a redaction that is being written now is told of next time; one of the last minutes may be told twice
  v_told timestamptz := clock_timestamp() - interval '5 minutes';
begin
  perform app.assert_tenant(p_tenant);
  insert into public.message_cursors (conversation_id, reader, tenant_id)
  select c.id, p_reader, c.tenant_id from public.conversations c where c.id = p_conversation and c.tenant_id = p_tenant
  on conflict (conversation_id, reader) do nothing;
  select c.* into v_cursor from public.message_cursors c
  where c.conversation_id = p_conversation and c.reader = p_reader and c.tenant_id = p_tenant for update;
  if not found then
    return query select 0::bigint, '{}'::uuid[];
    return;
  end if;
  select coalesce(array_agg(m.id), '{}') into redacted from public.agent_messages m
  where m.conversation_id = p_conversation and m.conversation_seq <= v_cursor.done and m.redacted_at >= v_cursor.told_at;
  done := greatest(v_cursor.done, least(coalesce(p_done, 0), (select c.seq from public.conversations c where c.id = p_conversation)));
  if done > v_cursor.done or cardinality(redacted) > 0 then
    update public.message_cursors c
    set done = move_cursor.done, told_at = greatest(c.told_at, v_told), updated_at = clock_timestamp()
    where c.conversation_id = p_conversation and c.reader = p_reader;
  end if;
  if done > v_cursor.done then
    update public.agent_messages m set acknowledged_at = clock_timestamp()
    where m.conversation_id = p_conversation and m.conversation_seq > v_cursor.done and m.conversation_seq <= move_cursor.done
      and m.to_agent is not null and m.acknowledged_at is null;
  end if;
  return next;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.move_front(p_queue text, p_group engine.claim_group)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_key constant bigint := engine.front_key(p_queue, p_group);
begin
  perform setval(('engine.claim_front_' || (v_key & 7))::regclass,
    ((v_key >> 3) & 2047) << 52 | (extract(epoch from p_group.run_at - timestamptz '2020-01-01 00:00:00+00') * 1000000)::bigint);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.move_rows(p_table text, p_key text, p_ids uuid[], p_back boolean)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_columns text;
  v_moved integer;
begin
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into v_columns
  from pg_catalog.pg_attribute a
  where a.attrelid = ('public.' || p_table)::regclass and a.attnum > 0 and not a.attisdropped and not (p_back and a.attgenerated <> '');
  execute format('with gone as (delete from public.%1$I where %3$I = any ($1) returning *) insert into public.%2$I (%4$s) %5$s select %4$s from gone',
    p_table || case when p_back then '_history' else '' end, p_table || case when p_back then '' else '_history' end, p_key, v_columns,
    case when p_back then 'overriding system value' else '' end)
  using p_ids;
  get diagnostics v_moved = row_count;
  return v_moved;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.move_runs(p_runs uuid[], p_back boolean)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_table record;
  v_steps uuid[];
begin
  select array_agg(s.id) into v_steps
  from (
    select s.id from public.steps s where not p_back and s.run_id = any (p_runs)
    union all
    select s.id from public.steps_history s where p_back and s.run_id = any (p_runs)
  ) s;
  for v_table in select h.* from engine.history_tables() h loop
    perform engine.move_rows(v_table.name, v_table.key, case v_table.key when 'step_id' then coalesce(v_steps, '{}') else p_runs end, p_back);
  end loop;
  return coalesce(cardinality(v_steps), 0);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.names_groups(p_rule jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(jsonb_array_length(p_rule -> 'groups'), 0) > 0
$function$
;

CREATE OR REPLACE FUNCTION engine.needs_of(p_step uuid, p_undo_of uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object('name', n.name, 'status', n.status, 'output', n.output,
    'artifacts', engine.artifacts_of(coalesce(n.kept_from, n.id))) order by n.position), '[]')
  from (
    select d.depends_on as id from public.step_dependencies d where d.step_id = p_step and p_undo_of is null
    union all
    select p_undo_of where p_undo_of is not null
  ) as need join public.steps n on n.id = need.id);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.node_of(p_step steps)
 RETURNS run_agent_hierarchy
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_node public.run_agent_hierarchy;
begin
  select h.* into v_node from public.run_agent_hierarchy h where h.step_id = p_step.id;
  if not found then
    insert into public.run_agent_hierarchy (tenant_id, run_id, step_id, agent_id, role, depth, path)
    values (p_step.tenant_id, p_step.run_id, p_step.id,
      case when p_step.executor = 'agent' then p_step.lease_owner::uuid end, 'lead', 0, p_step.name)
    returning * into v_node;
  end if;
  return v_node;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.nodes_ended(p_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
declare
  v_reserved uuid[];
  v_id uuid;
  v_pair record;
begin
  v_reserved := array(
    select r.id from public.steps s join public.budget_reservations r on r.tenant_id = s.tenant_id and r.request_key = 'child:' || s.id
    where s.id = any (p_ids) and s.parent_step_id is not null and r.state = 'open'
    order by r.id for update of r);
  if v_reserved <> '{}' then
    perform app.lock_counters('{}', v_reserved);
    foreach v_id in array v_reserved loop
      perform app.settle_budget(v_id, '{}');
    end loop;
  end if;

  -- of others the step itself says all there is: hundreds of them may end at once
  update public.run_agent_hierarchy h
  set agent_id = coalesce((
        select a.executor::uuid from public.attempts a where a.step_id = s.id and s.executor = 'agent' order by a.epoch desc limit 1), h.agent_id),
      metrics = jsonb_strip_nulls(jsonb_build_object('status', s.status,
        'seconds', round(extract(epoch from s.finalised_at - s.created_at)::numeric, 3),
        'attempts', (select count(*) from public.attempts a where a.step_id = s.id), 'failures', s.failures, 'crashes', s.crashes,
        'cost_pico', (select sum(c.cost_pico)::text from public.model_calls c where c.step_id = s.id), 'error', s.error -> 'code'))
  from public.steps s
  where s.id = any (p_ids) and h.step_id = s.id
    and (s.executor = 'agent' or s.kind = 'session' or exists (select from public.model_calls c where c.step_id = s.id));

  with attempted as (
    select h.id as node, h.tenant_id, h.run_id, h.session_id, s.id as step_id, a.epoch, a.executor::uuid as agent, h.role, s.capability, s.status,
      a.outcome, a.claimed_at, coalesce(a.finished_at, clock_timestamp()) as finished_at, row_number() over (partition by s.id order by a.epoch desc) as n,
      -- a session's steps are given out by its lead, where it has one; others by whoever holds the step above
      coalesce(
        (select l.agent_id from public.run_agent_hierarchy l where l.parent_id = h.parent_id and l.role = 'lead' and l.id <> h.id and l.agent_id is not null limit 1),
        (select b.executor::uuid from public.steps p join public.attempts b on b.step_id = p.id
         where p.id = s.parent_step_id and p.executor = 'agent' order by b.epoch desc limit 1)) as above
    from public.steps s
    join public.run_agent_hierarchy h on h.step_id = s.id
    join public.attempts a on a.step_id = s.id
    where s.id = any (p_ids) and s.executor = 'agent' and s.parent_step_id is not null and a.outcome is not null and a.outcome not in ('released', 'suspended')
  ),
  noted as (
    insert into public.agent_subagents (tenant_id, run_id, session_id, node_id, step_id, epoch, agent_id, parent_agent_id, role, capability, outcome,
      started_at, ended_at)
    select t.tenant_id, t.run_id, t.session_id, t.node, t.step_id, t.epoch, t.agent, t.above, t.role, t.capability, t.outcome, t.claimed_at, t.finished_at
    from attempted t
    on conflict (step_id, epoch) do nothing
  )
  insert into public.agent_relationships as r (tenant_id, from_agent, to_agent, kind, times, succeeded)
  select t.tenant_id, t.above, t.agent, 'delegates', count(*), count(*) filter (where t.status = 'succeeded')
  from attempted t where t.n = 1 and t.above is not null and t.above <> t.agent
  group by 1, 2, 3 order by 1, 2, 3
  on conflict (tenant_id, from_agent, to_agent, kind) do update
  set times = r.times + excluded.times, succeeded = r.succeeded + excluded.succeeded, last_at = clock_timestamp();

  for v_pair in
    select h.parent_id as id, count(*) filter (where s.status = 'failed')::integer as failed, bool_or(s.status = 'succeeded') as any_succeeded
    from public.steps s join public.run_agent_hierarchy h on h.step_id = s.id
    where s.id = any (p_ids) and h.parent_id is not null and s.status in ('succeeded', 'failed')
    group by h.parent_id order by h.parent_id
  loop
    update public.run_agent_hierarchy h
    set failures = case when v_pair.any_succeeded then 0 else h.failures + v_pair.failed end,
        opened_at = case when not v_pair.any_succeeded and h.failures + v_pair.failed >= engine.failures_limit(h.session_id)
          then coalesce(h.opened_at, clock_timestamp()) end
    where h.id = v_pair.id and (v_pair.failed > 0 or h.failures > 0);
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.note_agent_outcome()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.agent_outcomes (tenant_id, agent_id, capability, step_id, succeeded, error_code, claimed_at, ms)
  select new.tenant_id, new.executor::uuid, s.capability, new.step_id, new.outcome = 'succeeded', new.error_code, new.claimed_at,
    greatest(0, extract(epoch from new.finished_at - new.claimed_at) * 1000)
  from public.steps s
  where s.id = new.step_id and s.executor = 'agent' and s.capability is not null
    -- whoever asked erred, or allowed too little; an agent whose check broke down says agent_error
    and not (new.outcome = 'failed' and (new.error_code = 'quota_exceeded'
      or new.error_code = 'agent_permanent_error' and coalesce(s.error ->> 'stage', '') = 'input'));
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.note_refused(p_owner text, p_executor text, p_tenant uuid, p_settlements jsonb, p_results jsonb)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with refused as (
    update public.attempts a
    set refused_at = clock_timestamp(), refused_outcome = i.outcome
    from jsonb_to_recordset(p_results) as r (step_id uuid, epoch bigint, result text)
    join jsonb_to_recordset(p_settlements) as i (step_id uuid, epoch bigint, outcome text)
      on i.step_id = r.step_id and i.epoch = r.epoch
    where r.result = 'stale' and a.step_id = r.step_id and a.epoch = r.epoch and a.executor = p_owner and a.refused_at is null
      and (p_tenant is null or a.tenant_id = p_tenant)
    returning a.step_id, a.epoch, a.tenant_id, a.run_id, i.outcome
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select f.tenant_id, 'step.refused', s.correlation_id, p_executor, p_owner, f.run_id,
    jsonb_build_object('step_id', f.step_id, 'run_id', f.run_id, 'epoch', f.epoch, 'outcome', f.outcome)
  from refused f join public.steps s on s.id = f.step_id
$function$
;

CREATE OR REPLACE FUNCTION engine.note_strategy_outcome(p_decision uuid, p_succeeded boolean, p_seconds double precision, p_cost_pico numeric, p_reward double precision DEFAULT NULL::double precision)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into public.strategy_outcomes (decision_id, tenant_id, succeeded, seconds, cost_pico, reward)
  select d.id, d.tenant_id, p_succeeded, p_seconds, p_cost_pico, p_reward
  from public.strategy_decisions d where d.id = p_decision
  on conflict (decision_id) do nothing;
  return found;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.open_question(p_step steps, p_name text, p_title text, p_question text, p_why text, p_arguments jsonb, p_arguments_digest text, p_requester text, p_expires_ms bigint)
 RETURNS approvals
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_approval public.approvals;
begin
  with replaced as (
    update public.approvals a set status = 'superseded', decided_at = clock_timestamp()
    where a.step_id = p_step.id and a.name = p_name and a.subject = 'step' and a.status = 'pending'
      and a.arguments_digest <> p_arguments_digest
    returning a.id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select p_step.tenant_id, 'approval.decided', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
    jsonb_build_object('approval_id', r.id, 'subject', 'step', 'status', 'superseded', 'run_id', p_step.run_id, 'step_id', p_step.id)
  from replaced r;

  insert into public.approvals (tenant_id, subject, run_id, step_id, name, title, question, why, arguments, arguments_digest,
    requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id)
  values (p_step.tenant_id, 'step', p_step.run_id, p_step.id, p_name, p_title, p_question, p_why, p_arguments, p_arguments_digest,
    p_step.executor, p_step.lease_owner, p_requester,
    -- whoever started the run stands behind what its steps ask, and may not answer it
    (select r.created_by::uuid from public.runs r where r.id = p_step.run_id and r.created_by_type = 'member'),
    clock_timestamp() + make_interval(secs => p_expires_ms / 1000.0), p_step.correlation_id)
  on conflict (step_id, name, arguments_digest) where subject = 'step' do nothing
  returning * into v_approval;
  if found then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_step.tenant_id, 'approval.requested', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
      jsonb_build_object('approval_id', v_approval.id, 'subject', 'step', 'run_id', p_step.run_id, 'step_id', p_step.id));
    return v_approval;
  end if;

  select a.* into v_approval from public.approvals a
  where a.step_id = p_step.id and a.name = p_name and a.arguments_digest = p_arguments_digest and a.subject = 'step';
  return v_approval;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.overdue(p_limit integer)
 RETURNS TABLE(step_id uuid, epoch bigint, owner text, seconds integer, failures integer, max_failures integer, crashes integer, max_crashes integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
AS $function$
  select s.id, s.epoch, s.lease_owner, (s.arguments ->> 'timeoutSeconds')::numeric::integer,
    s.failures, s.max_failures, s.crashes, s.max_crashes
  from public.steps s join public.attempts a on a.step_id = s.id and a.epoch = s.epoch
  where s.status in ('assigned', 'running') and s.executor = 'agent' and s.lease_until > clock_timestamp()
    and jsonb_typeof(s.arguments -> 'timeoutSeconds') = 'number'
    and a.claimed_at + make_interval(secs => (s.arguments ->> 'timeoutSeconds')::numeric::double precision) <= clock_timestamp()
  order by s.lease_until limit p_limit
$function$
;

CREATE OR REPLACE FUNCTION engine.owned(p_tenant uuid, p_step uuid, p_epoch bigint)
 RETURNS steps
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  c_held constant text[] := '{assigned,running}';
  v_step public.steps;
begin
  if p_tenant is not null then
    perform app.assert_tenant(p_tenant);
  elsif session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'only the engine acts across tenants';
  end if;
  select s.* into v_step from public.steps s
  where s.id = p_step and s.epoch = p_epoch
    and (p_tenant is null or (s.tenant_id = p_tenant and s.lease_owner = app.agent_id()::text))
    and s.status = any (c_held) and s.lease_until > clock_timestamp()
  for update;
  if not found then
    raise exception using errcode = 'NX001', message = 'lease_lost';
  end if;
  return v_step;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.pause_run(p_tenant uuid, p_run uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run public.runs;
  v_first boolean;
  v_held integer;
begin
  perform app.assert_tenant(p_tenant);
  if not exists (select from public.runs r where r.id = p_run and r.tenant_id = p_tenant) then
    return null;
  end if;
  loop
    perform engine.lock_open_steps(p_run);
    update public.steps s set holds = s.holds | 256
    where s.run_id = p_run and s.status in ('queued', 'assigned', 'running') and s.holds & 256 = 0;
    get diagnostics v_held = row_count;
    exit when v_first is not null and v_held = 0;

    select r.* into v_run from public.runs r where r.id = p_run for no key update;
    if v_run.finished_at is not null then
      return jsonb_build_object('result', 'ended', 'status', v_run.status);
    end if;
    v_first := coalesce(v_first, v_run.paused_at is null);
    update public.runs r set paused_at = clock_timestamp() where r.id = p_run and r.paused_at is null;
  end loop;
  if v_first then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_tenant, 'run.paused', v_run.correlation_id, 'member', app.user_id()::text, p_run, jsonb_build_object('run_id', p_run));
  end if;
  return jsonb_build_object('result', case when v_first then 'paused' else 'unchanged' end, 'status', v_run.status);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.pick(p_owner text, p_handlers text[], p_want integer, p_route jsonb, OUT ids uuid[], OUT cursor jsonb)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  c_first constant uuid := '00000000-0000-0000-0000-000000000000';
  c_last constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  c_end constant engine.claim_group := row(c_last, '', 0, null)::engine.claim_group;
  c_soon constant interval := interval '250 ms';
  -- many workers look everywhere the more seldom, each of them
  v_fresh constant interval := coalesce(make_interval(secs => (p_route ->> 'fresh_ms')::numeric / 1000.0), c_soon);
  v_shared constant boolean := p_route ? 'fresh_ms';
  v_queue text;
  v_after uuid := coalesce((p_route -> 'cursor' ->> 'after')::uuid, c_first);
  v_credit integer := coalesce((p_route -> 'cursor' ->> 'credit')::integer, 0);
  v_hot jsonb := p_route -> 'cursor' -> 'hot';
  v_full timestamptz := coalesce((v_hot ->> 'full')::timestamptz, '-infinity');
  v_is_hot boolean := v_full > clock_timestamp() - v_fresh;
  -- the line that most was taken from the last time: the look goes on there where that ended
  v_own engine.claim_group;
  v_most uuid[] := '{}';
  v_laps integer[];
  v_at integer;
  v_lap integer;
  v_from uuid;
  v_page constant integer := least(64, greatest(8, 4 * p_want));
  v_found engine.claim_group[];
  v_alone engine.claim_group;
  v_groups engine.claim_group[];
  v_active uuid[];
  v_again uuid[];
  v_tenant uuid;
  v_left integer := p_want;
  v_pass integer;
  v_total integer;
  v_weight integer;
  v_share integer;
  v_got uuid[];
  v_one record;
  v_everyone constant boolean := p_route -> 'tenants' is null and p_route -> 'not' is null and p_route -> 'shard' is null;
begin
  ids := '{}';
  cursor := p_route -> 'cursor';

  foreach v_queue in array coalesce(array(select jsonb_array_elements_text(p_route -> 'queues')), '{}')
    || case when p_route -> 'queues' is null then '{default}'::text[] else '{}' end
  loop
    exit when v_left <= 0;
    -- of what one more crash would end a worker holds one at a time: so what kills its executors is found out alone
    if exists (
      select from public.steps s
      where s.queue = v_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and s.crashes > 0 and s.crashes + 1 >= s.max_crashes
    ) and not engine.has_last_chance(p_owner) then
      select s.id, s.tenant_id, s.handler into v_one from public.steps s
      where s.queue = v_queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and s.crashes > 0 and s.crashes + 1 >= s.max_crashes
        and s.handler = any (p_handlers) and s.run_at <= clock_timestamp()
        and (s.deadline_at is null or s.deadline_at > clock_timestamp())
        and engine.serves(p_route, s.tenant_id)
      order by s.queue, s.priority, s.run_at, s.id
      limit 1 for update skip locked;
      if found and (not engine.ruled(v_one.tenant_id) or engine.allow(v_one.tenant_id, v_queue, v_one.handler, p_owner, 1) > 0) then
        ids := ids || v_one.id;
        v_left := v_left - 1;
      end if;
    end if;

    v_own := case when v_is_hot and v_hot ->> 'queue' = v_queue then
      row(coalesce((v_hot ->> 'tenant')::uuid, v_after), v_hot ->> 'handler', (v_hot ->> 'priority')::smallint,
        (v_hot ->> 'since')::timestamptz)::engine.claim_group end;
    if v_shared and v_own is not null then
      v_own.run_at := greatest(v_own.run_at, engine.claim_front(v_queue, v_own));
    end if;

    -- 1: the tenants behind the cursor, 2: those before it, 3: the one at it, whose turn was the last; first where it has credit left
    v_laps := case when v_after = c_first then '{1}' when v_credit > 0 then '{3,1,2}' else '{1,2,3}' end;
    v_at := 1;
    v_from := null;
    while v_left > 0 and v_at <= cardinality(v_laps) loop
      v_groups := '{}';
      v_active := '{}';
      -- as many tenants as can get something
      while v_at <= cardinality(v_laps) and cardinality(v_active) < least(v_left, 16) loop
        v_lap := v_laps[v_at];
        if v_lap = 3 then
          v_found := engine.groups_around(v_queue, 'at', row(v_after, null, null, null)::engine.claim_group, v_after, c_end, 64, v_own);
          v_at := v_at + 1;
        else
          v_found := engine.groups_around(v_queue, case when v_from is null and v_lap = 2 then 'at' else 'behind' end,
            row(coalesce(v_from, case v_lap when 1 then v_after else c_first end), null, null, null)::engine.claim_group, c_last,
            case v_lap when 1 then c_end else row(v_after, '', 0, null)::engine.claim_group end, v_page, v_own);
          if cardinality(v_found) < v_page then
            v_at := v_at + 1;
            v_from := null;
          elsif v_found[1].tenant_id = v_found[v_page].tenant_id then
            v_from := v_found[1].tenant_id;
            v_found := engine.groups_around(v_queue, 'at', v_found[1], v_from, c_end, 64, v_own);
          else
            -- a tenant that the page cuts off comes with the next page
            v_tenant := v_found[v_page].tenant_id;
            v_found := array(select g from unnest(v_found) g where g.tenant_id <> v_tenant);
            v_from := v_found[cardinality(v_found)].tenant_id;
          end if;
        end if;
        -- none or one is what most looks find, and needs no query
        if cardinality(v_found) = 1 then
          v_alone := v_found[1];
          if v_alone.handler = any (p_handlers) and v_alone.run_at <= clock_timestamp()
            and (v_everyone or engine.serves(p_route, v_alone.tenant_id)) then
            v_groups := v_groups || v_alone;
            v_active := v_active || v_alone.tenant_id;
          end if;
        elsif cardinality(v_found) > 1 then
          v_found := array(
            select g from unnest(v_found) g
            where g.handler = any (p_handlers) and g.run_at <= clock_timestamp() and (v_everyone or engine.serves(p_route, g.tenant_id)));
          v_groups := v_groups || v_found;
          v_active := v_active || array(select distinct g.tenant_id from unnest(v_found) g order by 1);
        end if;
      end loop;

      while v_left > 0 and cardinality(v_active) > 0 loop
        v_again := '{}';
        v_pass := v_left;
        v_total := 1;
        if cardinality(v_active) > 1 then
          select sum(engine.weight_of(t)) into v_total from unnest(v_active) t;
        end if;
        foreach v_tenant in array v_active loop
          exit when v_left <= 0;
          v_weight := case when v_tenant = v_after and v_credit > 0 then v_credit else engine.weight_of(v_tenant) end;
          v_share := least(v_left, case
            when cardinality(v_active) = 1 then v_pass
            when v_tenant = v_after and v_credit > 0 then v_credit
            else greatest(v_weight, v_pass * v_weight / v_total) end);
          v_got := engine.take(v_queue, v_tenant, v_groups, p_owner, v_share, ids);
          ids := ids || v_got;
          v_left := v_left - cardinality(v_got);
          -- who got less has no more, or may not have it now
          if cardinality(v_got) > 0 and cardinality(v_got) >= cardinality(v_most) and (cardinality(v_got) = v_share or engine.ruled(v_tenant)) then
            v_most := v_got;
          end if;
          if cardinality(v_got) = v_share then
            v_again := v_again || v_tenant;
          end if;
          cursor := jsonb_build_object('after', v_tenant, 'credit',
            case when cardinality(v_got) < v_share then 0 else greatest(0, v_weight - cardinality(v_got)) end);
          if v_tenant = v_after then
            v_credit := 0;
          end if;
        end loop;
        v_active := v_again;
      end loop;
    end loop;
  end loop;

  if v_most <> '{}' then
    select s.queue, s.tenant_id, s.handler, s.priority, s.run_at into v_one from public.steps s where s.id = v_most[cardinality(v_most)];
    if v_shared then
      perform engine.move_front(v_one.queue, row(v_one.tenant_id, v_one.handler, v_one.priority, v_one.run_at)::engine.claim_group);
    end if;
    v_is_hot := v_is_hot and v_one.queue = v_hot ->> 'queue' and v_one.tenant_id::text = coalesce(v_hot ->> 'tenant', v_after::text)
      and v_one.handler = v_hot ->> 'handler' and v_one.priority = (v_hot ->> 'priority')::smallint;
    v_hot := jsonb_build_object('queue', v_one.queue, 'tenant', v_one.tenant_id, 'handler', v_one.handler, 'priority', v_one.priority, 'since', v_one.run_at);
  end if;
  if v_hot is not null then
    if not v_is_hot and (v_most <> '{}' or v_left > 0) then
      v_full := clock_timestamp();
    end if;
    -- there may be something behind after all
    if v_shared and v_left > 0 then
      v_full := least(v_full, clock_timestamp() + c_soon - v_fresh);
    end if;
    cursor := cursor || jsonb_build_object('hot', v_hot || jsonb_build_object('full', v_full));
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.pick_for_agent(p_owner text, p_handlers text[], p_tenant uuid, p_capabilities text[], p_limit integer)
 RETURNS uuid[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_ruled boolean := engine.ruled(p_tenant);
  v_groups engine.agent_group[] := engine.agent_groups(p_tenant, array(
    select distinct c.capability from public.agent_registry r, unnest(r.capabilities) as c (capability)
    where r.id = p_owner::uuid and c.capability = any (p_capabilities)));
  -- one look at an index that is empty as a rule
  v_mine boolean := exists (
    select from public.steps s
    where s.tenant_id = p_tenant and s.preferred_agent_id = p_owner::uuid and s.status = 'queued' and s.holds = 0 and s.executor = 'agent');
  v_now timestamptz;
  v_shut text[] := '{}';
  v_priority smallint;
  v_group record;
  v_found boolean;
  v_allowed integer;
  v_ids uuid[] := '{}';
begin
  for v_priority in select distinct g.priority from unnest(v_groups) g where g.handler = any (p_handlers) order by g.priority loop
    -- a group that gives less than was asked for is shut for the rest of this claim, so every round but the last shuts one
    v_found := true;
    while v_found and cardinality(v_ids) < p_limit loop
      v_found := false;
      -- one instant for both: a step is left to its agent, or it is everybody's
      v_now := clock_timestamp();
      for v_group in
        select t.queue, t.capability, array_agg(t.id order by t.mine desc, t.run_at, t.id) as ids
        from (
          select s.* from unnest(v_groups) as g
          cross join lateral (
            select o.* from (
              select s.id, s.queue, s.capability, s.run_at, true as mine from public.steps s
              where v_mine and s.tenant_id = p_tenant and s.preferred_agent_id = p_owner::uuid and s.capability = g.capability
                and s.queue = g.queue and s.handler = g.handler and s.priority = g.priority
                and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
                and s.run_at <= v_now and s.preferred_until > v_now and (s.deadline_at is null or s.deadline_at > v_now)
                and s.id <> all (v_ids)
              order by s.tenant_id, s.preferred_agent_id, s.capability, s.queue, s.handler, s.priority, s.run_at, s.id
              limit p_limit - cardinality(v_ids) for update skip locked
            ) as o
            union all
            select c.* from (
              select s.id, s.queue, s.capability, s.run_at, false as mine from public.steps s
              where s.tenant_id = p_tenant and s.capability = g.capability and s.queue = g.queue and s.handler = g.handler
                and s.priority = g.priority and s.status = 'queued' and s.holds = 0 and s.executor = 'agent'
                and greatest(s.run_at, s.preferred_until) <= v_now and (s.deadline_at is null or s.deadline_at > v_now)
                and s.id <> all (v_ids)
              order by s.tenant_id, s.capability, s.queue, s.handler, s.priority, greatest(s.run_at, s.preferred_until), s.id
              limit p_limit - cardinality(v_ids) for update skip locked
            ) as c
          ) as s
          where g.priority = v_priority and g.handler = any (p_handlers) and g.queue || '/' || g.capability <> all (v_shut)
          order by s.mine desc, s.run_at, s.id limit p_limit - cardinality(v_ids)
        ) as t
        group by t.queue, t.capability order by min(t.run_at)
      loop
        v_allowed := cardinality(v_group.ids);
        if v_ruled then
          v_allowed := engine.allow(p_tenant, v_group.queue, 'agent@1/' || v_group.capability, p_owner, v_allowed);
        end if;
        v_ids := v_ids || v_group.ids[1:v_allowed];
        if v_allowed < cardinality(v_group.ids) then
          v_shut := v_shut || (v_group.queue || '/' || v_group.capability);
          v_found := true;
        end if;
      end loop;
    end loop;
  end loop;
  return v_ids;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.pick_named(p_owner text, p_handlers text[], p_ids uuid[], p_route jsonb)
 RETURNS uuid[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_group record;
  v_ids uuid[] := '{}';
  v_allowed integer;
begin
  for v_group in
    select l.tenant_id, l.queue, l.handler, l.last, array_agg(l.id order by l.priority, l.run_at, l.id) as ids
    from (
      select s.id, s.tenant_id, s.queue, s.handler, s.priority, s.run_at, s.crashes > 0 and s.crashes + 1 >= s.max_crashes as last
      from public.steps s
      where s.id = any (p_ids) and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and s.handler = any (p_handlers)
        and s.run_at <= clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
        and engine.serves(p_route, s.tenant_id)
      order by s.id for update skip locked
    ) l
    group by l.tenant_id, l.queue, l.handler, l.last
  loop
    v_allowed := cardinality(v_group.ids);
    if v_group.last then
      continue when engine.has_last_chance(p_owner) or exists (
        select from public.steps s where s.id = any (v_ids) and s.crashes > 0 and s.crashes + 1 >= s.max_crashes);
      v_allowed := 1;
    end if;
    if engine.ruled(v_group.tenant_id) then
      v_allowed := engine.allow(v_group.tenant_id, v_group.queue, v_group.handler, p_owner, v_allowed);
    end if;
    v_ids := v_ids || v_group.ids[1:v_allowed];
  end loop;
  return v_ids;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.place_approval()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if new.step_id is not null then
    new.hierarchy := engine.place_of(new.step_id);
  end if;
  return new;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.place_of(p_step uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_chain jsonb;
  v_node public.run_agent_hierarchy;
begin
  with recursive above (id, parent, name, n) as (
    select s.id, s.parent_step_id, s.name, 0 from public.steps s where s.id = p_step
    union all
    select s.id, s.parent_step_id, s.name, a.n + 1 from above a join public.steps s on s.id = a.parent where a.n < 50
  )
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('step_id', a.id, 'name', a.name, 'role', h.role)) order by a.n desc) into v_chain
  from above a left join public.run_agent_hierarchy h on h.step_id = a.id;
  if v_chain is null then
    return null;
  end if;
  select h.* into v_node from public.run_agent_hierarchy h where h.step_id = p_step;
  return jsonb_build_object('depth', coalesce(v_node.depth, jsonb_array_length(v_chain) - 1),
    'path', coalesce(v_node.path, (select string_agg(c ->> 'name', '/' order by n) from jsonb_array_elements(v_chain) with ordinality as x (c, n))),
    'role', v_node.role, 'chain', v_chain);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.plain_columns()
 RETURNS TABLE(name text, key text, texts text[], jsons text[])
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  values
    ('runs', 'id', '{title}'::text[], '{}'::text[]),
    ('steps', 'run_id', '{title}', '{arguments,undo,progress,output,error}'),
    ('attempts', 'step_id', '{error_message}', '{}'),
    ('checkpoints', 'step_id', '{}', '{value}'),
    ('step_logs', 'run_id', '{text}', '{}'),
    ('waits', 'run_id', '{key}', '{question,payload}'),
    ('external_events', 'run_id', '{key}', '{payload}'),
    ('compensations', 'run_id', '{evidence}', '{arguments}'),
    ('agent_messages', 'run_id', '{board_key}', '{payload}'),
    ('agent_sessions', 'run_id', '{}', '{state,error}'),
    ('critic_verdicts', 'run_id', '{feedback}', '{}'),
    ('dead_letters', 'run_id', '{note}', '{error,payload,history}'),
    ('approvals', 'run_id', '{title,question,why,target}', '{arguments,edited_arguments}'),
    ('approval_comments', 'approval_id', '{text}', '{}'),
    ('approval_decisions', 'approval_id', '{reason}', '{arguments}'),
    ('model_transcripts', 'call_id', '{}', '{request,answer}'),
    ('idempotency_keys', 'tenant_id', '{}', '{response}')
$function$
;

CREATE OR REPLACE FUNCTION engine.plain_keys(p_key text, p_runs uuid[])
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select case p_key
    when 'run_id' then p_runs
    when 'id' then p_runs
    when 'step_id' then array(select s.id from public.steps_all s where s.run_id = any (p_runs))
    when 'approval_id' then array(select a.id from public.approvals a where a.run_id = any (p_runs))
    when 'call_id' then array(select c.call_id from public.model_calls c where c.run_id = any (p_runs))
    else '{}' end
$function$
;

CREATE OR REPLACE FUNCTION engine.plain_texts(p_tenant uuid, p_runs uuid[])
 RETURNS SETOF text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_table record;
  v_name text;
  v_column text;
  v_ids uuid[];
begin
  perform app.assert_tenant(p_tenant);
  for v_table in select c.* from engine.plain_columns() c where c.key <> 'tenant_id' loop
    v_ids := engine.plain_keys(v_table.key, p_runs);
    continue when cardinality(v_ids) = 0;
    foreach v_name in array array[v_table.name, v_table.name || '_history'] loop
      continue when to_regclass('public.' || v_name) is null;
      foreach v_column in array v_table.texts || v_table.jsons loop
        return query execute format('select t.%1$I::text from public.%2$I t where t.%3$I = any ($1) and t.tenant_id = $2 and t.%1$I is not null',
          v_column, v_name, v_table.key) using v_ids, p_tenant;
      end loop;
    end loop;
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.post_message(p_tenant uuid, p jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_from public.steps;
  v_to public.steps;
begin
  perform app.assert_tenant(p_tenant);
  if app.agent_id() is not null and (p ->> 'sender_type' <> 'agent' or p ->> 'sender_id' <> app.agent_id()::text) then
    raise insufficient_privilege using message = 'an agent sends as itself';
  end if;
  if p ->> 'kind' = 'step' then
    perform pg_advisory_xact_lock(engine.mailbox_lock((p ->> 'of_id')::uuid));
  end if;
  if p ->> 'from_step' is not null and p ->> 'epoch' is not null then
    v_from := engine.owned(p_tenant, (p ->> 'from_step')::uuid, (p ->> 'epoch')::bigint);
    perform engine.mark_running(v_from);
  end if;
  if p ->> 'kind' = 'step' then
    select s.* into v_to from public.steps s where s.id = (p ->> 'of_id')::uuid and s.tenant_id = p_tenant;
    if not found then
      return null;
    elsif v_to.status in ('succeeded', 'failed', 'cancelled')
      and not exists (select from public.agent_messages m where m.step_id = v_from.id and m.sent_as = p ->> 'sent_as')
    then
      return jsonb_build_object('message_id', null, 'ended', true, 'for_workers', 0, 'for_agents', 0);
    end if;
    p := p || jsonb_build_object('run_id', v_to.run_id);
  end if;
  return engine.store_message(p_tenant, p);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.prefer(p_tenant uuid, p_wishes jsonb, p_seconds double precision)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_set integer;
begin
  perform app.assert_tenant(p_tenant);
  update public.steps s set preferred_agent_id = w.agent_id, preferred_until = clock_timestamp() + make_interval(secs => least(600, p_seconds))
  from jsonb_to_recordset(p_wishes) as w (step_id uuid, agent_id uuid)
  where s.id = w.step_id and s.tenant_id = p_tenant and s.executor = 'agent' and s.status = 'queued' and p_seconds > 0
    and exists (select from public.agent_registry a where a.id = w.agent_id and a.tenant_id = p_tenant and a.status = 'active');
  get diagnostics v_set = row_count;
  return v_set;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.prepare_approval()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_risks text[];
  v_risk text;
  v_rule jsonb := '{}';
begin
  if tg_op = 'INSERT' then
    new.expires_at := least(new.expires_at, new.requested_at + interval '30 days');
    new.remind_at := coalesce(new.remind_at, new.requested_at + (new.expires_at - new.requested_at) * 0.5);
    new.escalate_at := coalesce(new.escalate_at, new.requested_at + (new.expires_at - new.requested_at) * 0.8);
    if new.risk is null and new.plan_step_id is not null then
      select p.risk, p.risk[1] into v_risks, new.risk from public.plan_steps p where p.id = new.plan_step_id;
    end if;
    -- of several labels each one's rule holds
    foreach v_risk in array coalesce(nullif(v_risks, '{}'), array[new.risk]) loop
      v_rule := engine.both_rules(v_rule, engine.approval_rule(new.tenant_id, new.subject, v_risk));
    end loop;
    new.rule := engine.stricter(v_rule, new.rule);
  else
    new.version := old.version + 1;
  end if;
  if tg_op = 'INSERT' or new.run_id is distinct from old.run_id then
    new.root_run_id := new.run_id;
  end if;
  -- what is bound to a run is bound to its step a moment later, when the run is there to say who started it
  if tg_op = 'INSERT' or new.step_id is distinct from old.step_id then
    new.principals := engine.principal_chain(new);
  end if;
  return new;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.principal_chain(p_approval approvals)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with recursive above as (
    select s.id, s.parent_step_id, s.undo_of, s.name, s.lease_owner, s.executor, s.epoch, 0 as depth
    from public.steps s where s.id = p_approval.step_id
    union all
    select s.id, s.parent_step_id, s.undo_of, s.name, s.lease_owner, s.executor, s.epoch, a.depth + 1
    from above a join public.steps s on s.id = coalesce(a.parent_step_id, a.undo_of) where a.depth < 20
  ),
  line as (
    select r.id, r.plan_id, r.schedule_id, r.forked_from, r.created_by_type, r.created_by, r.created_at, 0 as depth
    from public.runs_all r where r.id = p_approval.run_id
    union all
    select r.id, r.plan_id, r.schedule_id, r.forked_from, r.created_by_type, r.created_by, r.created_at, l.depth + 1
    from line l join public.runs_all r on r.id = l.forked_from where l.depth < 20
  ),
  who as (
    select 0 as part, 0 as at, 'member' as type, l.created_by as id, 'started the run' as via
    from line l where l.depth = 0 and l.created_by_type = 'member'
    union all
    select 1, 0, 'member', p.created_by, 'made the plan'
    from public.plans p
    where p.id = coalesce(p_approval.plan_id, (select l.plan_id from line l where l.depth = 0)) and p.created_by_type = 'member'
    union all
    -- who changed it since is not behind what it started before
    select 2, (row_number() over (order by l.depth, c.at))::integer, 'member', c.user_id::text, c.via
    from line l join public.schedule_people c on c.schedule_id = l.schedule_id and c.at <= l.created_at
    union all
    -- what somebody edited for a run stays edited in those that go on with it
    select 0, l.depth, 'member', e.requester_user_id::text, 'edited step ' || o.name || ' for an earlier run'
    from line l
    join public.steps_all o on o.run_id = l.id and o.name in (select a.name from above a)
    join public.approvals e on e.step_id = o.id and e.subject = 'plan_step' and starts_with(e.why, 'Its arguments were edited for this run.')
    where l.depth > 0 and e.requester_user_id is not null
    union all
    select 3, 0, 'member', p_approval.requester_user_id::text, 'asked'
    where p_approval.requester_user_id is not null
    union all
    select 4, -a.depth, 'agent', coalesce(a.lease_owner, t.executor), 'step ' || a.name
    from above a left join lateral (
      select t.executor from public.attempts t where t.step_id = a.id order by t.epoch desc limit 1) t on true
    where a.executor = 'agent' and coalesce(a.lease_owner, t.executor) is not null
    union all
    -- an agent that wants more of a budget, with no step to say so
    select 5, 0, 'agent', p_approval.requested_by, 'asked'
    where p_approval.subject = 'budget' and p_approval.requested_by_type = 'agent'
  ),
  -- somebody who is there already is not told of a second time
  once as (
    select distinct on (w.type, w.id) w.part, w.at, w.type, w.id, w.via from who w order by w.type, w.id, w.part, w.at
  )
  select coalesce(jsonb_agg(jsonb_build_object('type', o.type, 'id', o.id, 'via', o.via, 'name', coalesce(
      case o.type
        when 'member' then (
          select m.name from public.members m where m.tenant_id = p_approval.tenant_id and m.user_id = engine.as_uuid(o.id))
        else (select g.name from public.agent_registry g where g.tenant_id = p_approval.tenant_id and g.id = engine.as_uuid(o.id)) end,
      case when o.id = p_approval.requested_by then p_approval.requested_by_name end, o.id)) order by o.part, o.at), '[]')
  from once o
$function$
;

CREATE OR REPLACE FUNCTION engine.prune(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_pruned integer;
begin
  delete from public.idempotency_keys k
  where k.ctid in (
    select old.ctid from public.idempotency_keys old
    where old.expires_at <= clock_timestamp()
    order by old.expires_at limit p_limit for update skip locked
  );
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.prune_agent_presence(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_gone integer;
begin
  delete from public.agent_presence p where (p.agent_id, p.runner) in (
    select o.agent_id, o.runner from public.agent_presence o where o.last_seen_at < clock_timestamp() - interval '1 day' limit p_limit);
  get diagnostics v_gone = row_count;
  return v_gone;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.prune_events(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_due record;
  v_head public.event_heads;
  v_to bigint;
  v_count integer := 0;
  v_deleted integer;
begin
  for v_due in
    select p.tenant_id, p.events_before from engine.retention() p join public.event_heads h on h.tenant_id = p.tenant_id
    where p.events_before is not null and h.audited_seq > h.pruned_seq
      and exists (
        select from (
          select e.at from public.events e where e.tenant_id = p.tenant_id and e.seq > h.pruned_seq order by e.seq limit 1
        ) oldest where oldest.at < p.events_before)
    order by random()
  loop
    exit when v_count >= p_limit;
    select h.* into v_head from public.event_heads h where h.tenant_id = v_due.tenant_id for update skip locked;
    continue when not found;
    v_to := least(v_head.audited_seq, v_head.pruned_seq + p_limit - v_count,
      (select min(c.seq) from public.webhook_cursors c where c.tenant_id = v_due.tenant_id));
    select least(v_to, min(e.seq) - 1) into v_to
    from public.events e
    where e.tenant_id = v_due.tenant_id and e.seq > v_head.pruned_seq and e.seq <= v_to and e.at >= v_due.events_before;
    continue when v_to <= v_head.pruned_seq;
    delete from public.events e where e.tenant_id = v_due.tenant_id and e.seq > v_head.pruned_seq and e.seq <= v_to;
    get diagnostics v_deleted = row_count;
    update public.event_heads h set pruned_seq = v_to where h.tenant_id = v_due.tenant_id;
    v_count := v_count + v_deleted;
  end loop;
  return v_count;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.prune_firings(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_pruned integer;
begin
  delete from public.schedule_firings f
  where f.ctid in (
    select old.ctid from public.schedule_firings old
    where old.fired_at <= clock_timestamp() - interval '90 days'
    order by old.fired_at limit p_limit for update skip locked
  );
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.prune_workers(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_pruned integer;
begin
  delete from public.worker_devices d where d.seen_at < clock_timestamp() - interval '7 days';
  delete from public.worker_heartbeats h
  where h.ctid in (
    select old.ctid from public.worker_heartbeats old
    where old.at < clock_timestamp() - interval '24 hours'
    order by old.at limit p_limit for update skip locked
  );
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.purge_plain(p_redaction uuid, p_needles text[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_redaction public.redactions;
  v_runs uuid[];
  v_ids uuid[];
  v_table record;
  v_name text;
  v_escaped text[] := engine.in_json(p_needles);
  v_sets text;
  v_finds text;
  v_rows integer;
  v_count integer := 0;
begin
  select r.* into v_redaction from public.redactions r where r.id = p_redaction;
  v_runs := engine.redaction_runs(v_redaction);
  for v_table in select c.* from engine.plain_columns() c loop
    v_ids := case v_table.key when 'tenant_id' then array[v_redaction.tenant_id] else engine.plain_keys(v_table.key, v_runs) end;
    continue when cardinality(v_ids) = 0;
    select string_agg(x.sets, ', '), string_agg(x.finds, ' or ') into v_sets, v_finds
    from (
      select format('%1$I = engine.blot(t.%1$I, $2)', c) as sets, format('engine.holds_any(t.%I, $2)', c) as finds from unnest(v_table.texts) as c
      union all
      select format('%1$I = engine.blot_json(t.%1$I, $3)', c), format('engine.holds_any(t.%I::text, $3)', c) from unnest(v_table.jsons) as c
    ) x;
    foreach v_name in array array[v_table.name, v_table.name || '_history'] loop
      continue when to_regclass('public.' || v_name) is null;
      execute format('update public.%I t set %s where t.%I = any ($1) and (%s)', v_name, v_sets, v_table.key, v_finds)
      using v_ids, p_needles, v_escaped;
      get diagnostics v_rows = row_count;
      v_count := v_count + v_rows;
    end loop;
  end loop;
  -- an answer that was kept to be given again is not rewritten, it is forgotten
  delete from public.model_cache c where c.tenant_id = v_redaction.tenant_id and engine.holds_any(c.answer::text, v_escaped);
  get diagnostics v_rows = row_count;
  v_count := v_count + v_rows;
  update public.redactions r set copies = r.copies + v_count where r.id = p_redaction;
  return v_count;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.push_claim(p_limit integer, p_batch integer, p_lease_ms integer, p_without uuid[] DEFAULT '{}'::uuid[])
 RETURNS TABLE(agent_id uuid, tenant_id uuid, url text, key_id uuid, scopes text[], secrets text[], timeout_seconds integer, attempts integer, steps jsonb)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
#variable_conflict use_column
declare
  v record;
  v_room bigint;
  v_steps jsonb;
begin
  if session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'the engine posts';
  end if;
  for v in
    select e.*, a.capabilities, k.scopes,
      array_remove(array[s.secret, case when s.previous_until > clock_timestamp() then s.previous end], null) as secrets
    from public.agent_endpoints e
    join public.agent_registry a on a.id = e.agent_id and (a.status = 'active' or (a.status = 'quarantined' and a.status_by = 'breaker'))
    join public.agent_keys k on k.id = e.key_id and k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp())
    join public.agent_endpoint_secrets s on s.agent_id = e.agent_id
    where e.status = 'active' and e.next_at <= clock_timestamp() and e.tenant_id <> all (p_without)
      and engine.held_by_agent(e.tenant_id, e.agent_id) < e.max_concurrency
      and exists (
        select from unnest(a.capabilities) as c (capability) cross join lateral (
          select from public.steps q
          where q.tenant_id = e.tenant_id and q.capability = c.capability and q.status = 'queued' and q.holds = 0
            and q.executor = 'agent' and q.run_at <= clock_timestamp() limit 1) as w)
    order by e.next_at limit p_limit for update of e skip locked
  loop
    -- again, now that nobody else claims for it
    v_room := v.max_concurrency - engine.held_by_agent(v.tenant_id, v.agent_id);
    v_room := least(v_room, p_batch, case when v.attempts > 0 then 1 else p_batch end);
    continue when v_room <= 0;
    perform set_config('request.jwt.claims', json_build_object('agent_id', v.agent_id)::text, true);
    select jsonb_agg(c.step) into v_steps
    from engine.claim(v.agent_id::text, 'agent', '{agent@1}', v.tenant_id, v.capabilities, v_room::integer, p_lease_ms) as c (step);
    perform set_config('request.jwt.claims', '', true);
    if v_steps is null then
      update public.agent_endpoints e set next_at = clock_timestamp() + interval '250 ms' where e.agent_id = v.agent_id;
      continue;
    end if;
    update public.agent_endpoints e set pushed_at = clock_timestamp(), next_at = clock_timestamp() where e.agent_id = v.agent_id;
    agent_id := v.agent_id;
    tenant_id := v.tenant_id;
    url := v.url;
    key_id := v.key_id;
    scopes := v.scopes;
    secrets := v.secrets;
    timeout_seconds := v.timeout_seconds;
    attempts := v.attempts;
    steps := v_steps;
    return next;
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.push_noted(p_agent uuid, p_outcome text, p_rest_ms bigint, p_give_up_ms bigint, p_error text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_endpoint public.agent_endpoints;
  v_reason text;
begin
  if session_user <> 'nofx_worker' then
    raise insufficient_privilege using message = 'the engine posts';
  end if;
  select * into v_endpoint from public.agent_endpoints e where e.agent_id = p_agent for no key update;
  if not found or v_endpoint.status <> 'active' then
    return 'disabled';
  end if;
  if p_outcome = 'taken' then
    update public.agent_endpoints e set attempts = 0, failing_since = null, last_error = null, next_at = v_now where e.agent_id = p_agent;
    return 'well';
  end if;
  if p_outcome = 'busy' then
    update public.agent_endpoints e set next_at = greatest(e.next_at, v_now + make_interval(secs => p_rest_ms / 1000.0)) where e.agent_id = p_agent;
    return 'rests';
  end if;
  v_reason := case when p_outcome = 'gone' then 'gone'
    when v_now - v_endpoint.failing_since >= make_interval(secs => p_give_up_ms / 1000.0) then 'failing' end;
  update public.agent_endpoints e
  set attempts = e.attempts + case when e.next_at <= v_now or e.attempts = 0 then 1 else 0 end,
      failing_since = coalesce(e.failing_since, v_now), last_error = left(p_error, 1000),
      next_at = greatest(e.next_at, v_now + make_interval(secs => p_rest_ms / 1000.0)),
      status = case when v_reason is null then 'active' else 'disabled' end, disabled_reason = v_reason
  where e.agent_id = p_agent;
  if v_reason is null then
    return 'rests';
  end if;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
  values (v_endpoint.tenant_id, 'agent.endpoint_disabled', app.uuid7(), 'system', 'push',
    jsonb_build_object('agent_id', p_agent, 'reason', v_reason));
  return 'disabled';
end
$function$
;

CREATE OR REPLACE FUNCTION engine.queue_stats(p_tenant uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET jit TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
declare
  v_limit constant integer := 10000;
  c_zero constant uuid := '00000000-0000-0000-0000-000000000000';
  v_since constant timestamptz := clock_timestamp() - interval '5 minutes';
  v_now constant timestamptz := clock_timestamp();
  -- the smallest uuid v7 of that instant
  v_first constant uuid := (lpad(to_hex((extract(epoch from v_since) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;
begin
  if p_tenant is not null then
    perform app.assert_tenant(p_tenant);
  elsif session_user <> 'nofx_worker' and not app.operates_plane() then
    raise insufficient_privilege using message = 'not of a tenant that operates the plane';
  end if;
  return (
    with claimable as (
      select n.queue, c.run_at <= v_now as due, null::timestamptz as run_at
      from engine.queues_in_use(200) as n (queue)
      cross join lateral (
        (select s.run_at from public.steps s
         where p_tenant is not null and s.queue = n.queue and s.tenant_id = p_tenant and s.status = 'queued' and s.holds = 0 and s.executor = 'worker'
           and (s.crashes = 0 or s.crashes + 1 < s.max_crashes) limit v_limit)
        union all
        (select s.run_at from public.steps s
         where p_tenant is null and s.queue = n.queue and s.status = 'queued' and s.holds = 0 and s.executor = 'worker'
           and (s.crashes = 0 or s.crashes + 1 < s.max_crashes) limit v_limit)
      ) c
      union all
      (select s.queue, s.run_at <= v_now, s.run_at from public.steps s
       where s.status = 'queued' and s.holds = 0 and s.executor = 'agent' and (p_tenant is null or s.tenant_id = p_tenant) limit v_limit)
    ),
    oldest as (
      select n.queue, min(g.run_at) as run_at
      from engine.queues_in_use(200) as n (queue)
      cross join lateral unnest(engine.groups_behind(n.queue, coalesce(p_tenant, c_zero), true, case when p_tenant is null then 1000 else 64 end)) as g
      where p_tenant is null or g.tenant_id = p_tenant
      group by n.queue
    ),
    ready as (
      select c.queue, count(*) filter (where c.due) as ready, count(*) filter (where not c.due) as delayed, min(c.run_at) as run_at
      from claimable c group by c.queue
    ),
    held as (
      select h.queue, count(*) as n from (
        select s.queue from public.steps s
        where s.status = 'queued' and s.holds <> 0 and (p_tenant is null or s.tenant_id = p_tenant) limit v_limit) h
      group by h.queue
    ),
    running as (
      select r.queue, count(*) as n from (
        select s.queue from public.steps s
        where s.status in ('assigned', 'running') and (p_tenant is null or s.tenant_id = p_tenant) limit v_limit) r
      group by r.queue
    ),
    told as materialized (
      select e.at, (i.item ->> 'step_id')::uuid as step_id, i.item ->> 'outcome' as outcome
      from (
        (select e.at, e.payload from public.events e
         where p_tenant is not null and e.tenant_id = p_tenant and e.seq is not null and e.type = 'steps.settled' and e.at > v_since
           and e.seq > (select h.seq - 2000 from public.event_heads h where h.tenant_id = p_tenant)
         order by e.seq desc limit 500)
        union all
        (select e.at, e.payload from public.events e
         where p_tenant is null and e.id > v_first and e.type = 'steps.settled'
         order by e.id desc limit 500)
      ) as e cross join lateral jsonb_array_elements(e.payload -> 'steps') as i (item)
      limit 2000
    ),
    ended as (
      select s.queue, count(*) filter (where t.outcome in ('succeeded', 'failed')) as n, count(*) filter (where t.outcome = 'failed') as failed
      from told t join public.steps s on s.id = t.step_id
      group by s.queue
    ),
    span as (
      select case when count(*) >= 2000 then greatest(1, extract(epoch from v_now - min(t.at))) else 300 end as seconds from told t
    ),
    names as (
      select 'default' as queue
      union select queue from ready union select queue from held union select queue from running union select queue from ended
      union select r.queue from public.claim_rules r where r.queue is not null and (r.tenant_id = p_tenant or (r.tenant_id is null and p_tenant is null))
    )
    select jsonb_build_object(
      'workers', (select count(*) from public.worker_devices d where d.status = 'active' and d.seen_at > v_now - interval '15 s'),
      'places', (select coalesce(sum(d.concurrency), 0) from public.worker_devices d
        where d.status = 'active' and d.seen_at > v_now - interval '15 s'),
      'queues', jsonb_agg(jsonb_build_object(
      'queue', n.queue, 'paused', coalesce(b.paused, false), 'max_running', b.max_running, 'ready', coalesce(r.ready, 0), 'delayed', coalesce(r.delayed, 0), 'held', coalesce(h.n, 0),
      'in_flight', coalesce(f.n, 0),
      'oldest_seconds', greatest(0, coalesce(extract(epoch from v_now - least(o.run_at, r.run_at)), 0)),
      'per_minute', round(coalesce(e.n, 0) * 60 / s.seconds, 1),
      'failure_rate', case when coalesce(e.n, 0) > 0 then round(e.failed::numeric / e.n, 4) else 0 end
    ) order by n.queue))
    from names n cross join span s
    left join lateral (
      select bool_or(c.paused_at is not null) as paused, min(c.max_running) as max_running from public.claim_rules c
      where (c.tenant_id is null or c.tenant_id = p_tenant) and (c.queue is null or c.queue = n.queue) and c.type is null and c.agent is null
    ) b on true
    left join ready r using (queue) left join held h using (queue) left join running f using (queue)
    left join oldest o using (queue) left join ended e using (queue));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.queues_in_use(p_limit integer)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET jit TO 'off'
AS $function$
  with recursive q as (
    (select s.queue from public.steps s
     where s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
     order by s.queue limit 1)
    union all
    select n.queue from q cross join lateral (
      select s.queue from public.steps s
      where s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
        and s.queue > q.queue
      order by s.queue limit 1) n
  )
  select q.queue from q limit p_limit
$function$
;

CREATE OR REPLACE FUNCTION engine.raise_escalation(p_tenant uuid, p_step uuid, p_epoch bigint, p_message uuid, p_title text, p_question text, p_arguments jsonb, p_arguments_digest text, p_requester text, p_expires_ms bigint)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_approval public.approvals;
begin
  v_approval := engine.open_question(engine.owned(p_tenant, p_step, p_epoch), 'escalation ' || p_message, p_title, p_question,
    'An agent escalates this.', p_arguments, p_arguments_digest, p_requester, p_expires_ms);
  update public.approvals a set message_id = p_message where a.id = v_approval.id and a.message_id is null;
  return v_approval.id;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.read_board(p_tenant uuid, p_conversation uuid, p_after bigint, p_limit integer)
 RETURNS SETOF agent_messages_all
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  return query
    select m.* from public.agent_messages_all m
    where m.conversation_id = p_conversation and m.tenant_id = p_tenant and m.conversation_seq > p_after
      and (m.board_key is null or not exists (
        select from public.agent_messages_all o
        where o.conversation_id = m.conversation_id and o.board_key = m.board_key and o.conversation_seq > m.conversation_seq))
    order by m.conversation_seq limit p_limit;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.read_messages(p_tenant uuid, p_conversation uuid, p_from bigint, p_limit integer)
 RETURNS SETOF agent_messages_all
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  return query
    select m.* from public.agent_messages_all m
    where m.conversation_id = p_conversation and m.tenant_id = p_tenant and m.conversation_seq >= p_from
    order by m.conversation_seq limit p_limit;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.reclaim(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_lost integer;
  v_ended uuid[];
begin
  with lapsed as materialized (
    select s.id, s.lease_owner, case
        when s.cancel_requested_at is not null then 'cancelled'
        when s.crashes + 1 >= s.max_crashes then 'failed'
        else 'queued' end as status
    from public.steps s
    where s.status in ('assigned', 'running') and s.lease_until <= clock_timestamp()
    order by s.lease_until limit p_limit for update skip locked
  ),
  moved as (
    update public.steps s
    set crashes = s.crashes + 1,
        status = l.status,
        error = case when l.status = 'failed'
          then jsonb_build_object('code', 'poison_crash', 'message', format('Its executor vanished %s times.', s.crashes + 1))
          else s.error end,
        finalised_at = case when l.status <> 'queued' then clock_timestamp() end,
        run_at = clock_timestamp(), lease_owner = null, lease_until = null
    from lapsed l where s.id = l.id
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.correlation_id, l.lease_owner
  ),
  recorded as (
    update public.attempts a set finished_at = clock_timestamp(), outcome = 'lost', error_code = 'lease_lost'
    from moved m where a.step_id = m.id and a.epoch = m.epoch
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.reclaimed', (array_agg(m.correlation_id))[1], 'system', 'sweeper', m.run_id,
           jsonb_build_object('steps', jsonb_agg(jsonb_build_object(
             'step_id', m.id, 'run_id', m.run_id, 'epoch', m.epoch, 'worker', m.lease_owner, 'status', m.status)))
    from moved m group by m.tenant_id, m.run_id
  )
  select count(*), coalesce(array_agg(m.id) filter (where m.status <> 'queued'), '{}') into v_lost, v_ended from moved m;

  if cardinality(v_ended) > 0 then
    perform engine.finish('{}', v_ended, 'system', 'sweeper');
  end if;
  return v_lost;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.record_undone(p_steps uuid[], p_actor_type text, p_actor_id text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_runs uuid[];
begin
  with told as (
    update public.compensations c
    set status = case s.status when 'succeeded' then 'undone' when 'failed' then 'failed' else 'registered' end,
        ended_at = clock_timestamp()
    from public.steps s
    where s.id = any (p_steps) and c.undo_step = s.id and c.status in ('undoing', 'failed', 'registered')
    returning c.run_id
  )
  select array_agg(distinct t.run_id) into v_runs from told t;

  with closed as (
    update public.runs r set compensation = 'done'
    where r.id = any (v_runs) and r.compensation = 'failed'
      and not exists (select from public.compensations c where c.run_id = r.id and c.status not in ('undone', 'accepted'))
    returning r.id, r.tenant_id, r.correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select c.tenant_id, 'run.compensated', c.correlation_id, p_actor_type, p_actor_id, c.id, jsonb_build_object('run_id', c.id)
  from closed c;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.redact_artifact(p_redaction uuid, p_artifact uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.artifacts a set redacted_at = clock_timestamp() where a.id = p_artifact;
  update public.artifacts_history a set redacted_at = clock_timestamp() where a.id = p_artifact;
  insert into public.storage_deletions (path, tenant_id)
  select a.path, a.tenant_id from public.artifacts_all a where a.id = p_artifact
  on conflict (path) do nothing;
  update public.redactions r set files = r.files + 1 where r.id = p_redaction;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.redact_message(p_tenant uuid, p_redaction uuid, p_message uuid, p_by text, p_why text, p_sealed bytea, p_wrapped bytea, p_kek text, p_needles text[])
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_name text;
  v_run uuid;
  v_found boolean := false;
begin
  perform app.assert_tenant(p_tenant);
  foreach v_name in array array['agent_messages', 'agent_messages_history'] loop
    execute format($sql$
      update public.%I m
      set payload = null, sealed = $3, redacted_at = clock_timestamp(), redacted_by = $4, redacted_why = $5, redaction_id = $6,
          board_key = engine.blot(m.board_key, $7), sent_as = case when engine.holds_any(m.sent_as, $7) then 'redacted:' || m.id else m.sent_as end
      where m.id = $1 and m.tenant_id = $2 and (m.redacted_at is null or m.sealed is not null)
      returning m.run_id
    $sql$, v_name) into v_run using p_message, p_tenant, p_sealed, p_by, p_why, p_redaction, p_needles;
    get diagnostics v_found = row_count;
    exit when v_found;
  end loop;
  if not v_found then
    return false;
  end if;
  update public.content_keys k
  set wrapped = p_wrapped, kek = p_kek, destroyed_at = case when p_wrapped is null then clock_timestamp() end
  where k.id = p_message;
  update public.redactions r set messages = r.messages + 1 where r.id = p_redaction;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select p_tenant, 'message.redacted', p_redaction, 'member', r.requested_by::text, v_run,
    jsonb_strip_nulls(jsonb_build_object('message_id', p_message, 'redaction_id', p_redaction, 'run_id', v_run))
  from public.redactions r where r.id = p_redaction;
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.redaction_artifacts(p_redaction uuid)
 RETURNS TABLE(id uuid, tenant_id uuid, path text, size bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select a.id, a.tenant_id, a.path, a.size
  from public.redactions r
  cross join lateral (select engine.redaction_runs(r) as runs) x
  join public.artifacts_all a on a.run_id = any (x.runs)
  where r.id = p_redaction and a.stored_at is not null and a.redacted_at is null
$function$
;

CREATE OR REPLACE FUNCTION engine.redaction_looked(p_redaction uuid, p_last boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_last then
    update public.redactions r set status = 'purged', purged_at = clock_timestamp(), sealed = null, next_at = null where r.id = p_redaction;
    update public.content_keys k set wrapped = null, destroyed_at = clock_timestamp() where k.id = p_redaction and k.wrapped is not null;
  else
    update public.redactions r set next_at = r.purge_by - (r.purge_by - r.applied_at) * 0.2 where r.id = p_redaction;
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.redaction_messages(p_redaction uuid, p_after uuid, p_limit integer)
 RETURNS TABLE(id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select m.id
  from public.redactions r
  cross join lateral (select engine.redaction_runs(r) as runs) x
  join public.agent_messages_all m on m.tenant_id = r.tenant_id
  where r.id = p_redaction and m.id > p_after and m.sealed is not null
    and (m.run_id = any (x.runs) or (m.run_id is null and m.at >= r.since))
  order by m.id limit p_limit
$function$
;

CREATE OR REPLACE FUNCTION engine.redaction_runs(p_redaction redactions)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select case when cardinality(p_redaction.runs) > 0 then p_redaction.runs else array(
    select r.id from public.runs_all r
    where r.tenant_id = p_redaction.tenant_id and (r.finished_at is null or r.finished_at >= p_redaction.since)) end
$function$
;

CREATE OR REPLACE FUNCTION engine.redactions_due(p_limit integer)
 RETURNS TABLE(id uuid, tenant_id uuid, sealed bytea, wrapped bytea, kek text, last boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with due as (
    select r.id from public.redactions r where r.status = 'applied' and r.next_at <= clock_timestamp()
    order by r.next_at limit p_limit for update skip locked
  ),
  taken as (
    update public.redactions r set next_at = clock_timestamp() + interval '30 seconds' from due d where r.id = d.id
    returning r.id, r.tenant_id, r.sealed, r.applied_at, r.purge_by
  )
  select t.id, t.tenant_id, t.sealed, k.wrapped, k.kek,
    -- the last look comes when a fifth of the time is left
    clock_timestamp() >= t.purge_by - (t.purge_by - t.applied_at) * 0.2
  from taken t left join public.content_keys k on k.id = t.id
$function$
;

CREATE OR REPLACE FUNCTION engine.redrive(p_tenant uuid, p_letter uuid, p_version integer, p_edit jsonb, p_new uuid, p_name text, p_correlation uuid, p_traceparent text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  return engine.redrive_letter(p_tenant, p_letter, p_version, p_edit, p_new, app.user_id(), p_name, 'member', app.user_id()::text,
    p_correlation, p_traceparent);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.redrive_batches(p_limit integer)
 RETURNS TABLE(redriven integer, for_workers integer, for_agents integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_batch public.redrive_batches;
  v_item public.redrive_batch_items;
  v_count record;
  v_free integer;
  v_answer jsonb;
  v_status text;
begin
  redriven := 0;
  for_workers := 0;
  for_agents := 0;
  for v_batch in
    select b.* from public.redrive_batches b where b.status = 'running' order by b.id limit 20 for update skip locked
  loop
    update public.redrive_batch_items i
    set status = case d.status when 'resolved' then 'succeeded' when 'discarded' then 'skipped' else 'failed' end
    from public.dead_letters d
    where i.batch_id = v_batch.id and i.status = 'redriving' and d.id = i.dead_letter_id and d.status <> 'redriving';

    select count(*) filter (where i.status = 'waiting') as waiting, count(*) filter (where i.status = 'redriving') as going,
      count(*) filter (where i.status = 'succeeded') as succeeded, count(*) filter (where i.status = 'failed') as failed,
      count(*) filter (where i.status = 'skipped') as skipped, count(i.redriven_at) as begun,
      count(*) filter (where i.redriven_at > clock_timestamp() - interval '1 minute') as lately
    into v_count from public.redrive_batch_items i where i.batch_id = v_batch.id;

    v_status := case
      when v_count.failed * 100 > v_batch.stop_percent * (v_count.succeeded + v_count.failed)
        and (v_count.succeeded + v_count.failed >= 5 or v_count.going = 0) and v_count.waiting > 0 then 'stopped'
      when v_count.waiting = 0 and v_count.going = 0 then 'done' end;
    if v_status is not null then
      update public.redrive_batches b set status = v_status, ended_at = clock_timestamp() where b.id = v_batch.id;
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
      values (v_batch.tenant_id, 'redrive_batch.ended', v_batch.correlation_id, 'system', 'sweeper', jsonb_build_object(
        'batch_id', v_batch.id, 'status', v_status, 'succeeded', v_count.succeeded, 'failed', v_count.failed,
        'skipped', v_count.skipped));
      continue;
    end if;

    -- evenly over the minute, and never more than the minute's share within one
    v_free := least(p_limit, v_batch.max_per_minute - v_count.lately,
      1 + floor(extract(epoch from clock_timestamp() - v_batch.created_at) * v_batch.max_per_minute / 60) - v_count.begun);
    if v_batch.stop_percent is not null and v_count.succeeded + v_count.failed < 5 then
      v_free := least(v_free, 5 - v_count.going);
    end if;
    continue when v_free <= 0;

    for v_item in
      select i.* from public.redrive_batch_items i
      where i.batch_id = v_batch.id and i.status = 'waiting' and (i.not_before is null or i.not_before <= clock_timestamp())
      order by i.position limit v_free
    loop
      -- one that an earlier letter of the same run took along
      continue when exists (
        select from public.redrive_batch_items i
        where i.batch_id = v_batch.id and i.dead_letter_id = v_item.dead_letter_id and i.status <> 'waiting');
      begin
        v_answer := engine.redrive_letter(v_batch.tenant_id, v_item.dead_letter_id, null, null, app.uuid7(), v_batch.created_by,
          v_batch.created_by_name, 'system', 'sweeper', v_batch.correlation_id, v_batch.traceparent);
      exception when serialization_failure or deadlock_detected or lock_not_available then
        continue;
      when others then
        -- one letter must not stand in the way of all others
        v_answer := jsonb_build_object('result', 'error', 'status', sqlstate);
      end;
      case coalesce(v_answer ->> 'result', 'gone')
        when 'redriven' then
          update public.redrive_batch_items i set status = 'redriving', redriven_at = clock_timestamp()
          where i.batch_id = v_batch.id and i.status = 'waiting'
            and i.dead_letter_id in (select l::uuid from jsonb_array_elements_text(v_answer -> 'letters') l);
          redriven := redriven + 1;
          for_workers := for_workers + (v_answer ->> 'for_workers')::integer;
          for_agents := for_agents + (v_answer ->> 'for_agents')::integer;
        when 'going', 'busy' then
          update public.redrive_batch_items i set not_before = clock_timestamp() + interval '10 seconds'
          where i.batch_id = v_batch.id and i.dead_letter_id = v_item.dead_letter_id;
        else
          update public.redrive_batch_items i set status = 'skipped', note = coalesce(v_answer ->> 'status', 'gone')
          where i.batch_id = v_batch.id and i.dead_letter_id = v_item.dead_letter_id;
      end case;
    end loop;
  end loop;
  return next;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.redrive_letter(p_tenant uuid, p_letter uuid, p_version integer, p_edit jsonb, p_new uuid, p_member uuid, p_member_name text, p_actor_type text, p_actor_id text, p_correlation uuid, p_traceparent text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_letter public.dead_letters;
  v_source uuid;
  v_from text[];
  v_edits jsonb := '{}';
  v_answer jsonb;
begin
  select d.* into v_letter from public.dead_letters d where d.id = p_letter and d.tenant_id = p_tenant;
  if not found then
    return null;
  end if;
  v_source := coalesce(v_letter.redrive_run, v_letter.run_id);
  perform from public.dead_letters d
  where d.redrive_run = v_source or (d.run_id = v_source and d.redrive_run is null) or d.id = p_letter
  order by d.id for update;
  select d.* into v_letter from public.dead_letters d where d.id = p_letter;
  if v_letter.status not in ('new', 'triaged') or v_letter.version <> coalesce(p_version, v_letter.version) then
    return jsonb_build_object('result', 'conflict', 'status', v_letter.status, 'version', v_letter.version,
      'run_id', v_letter.redrive_run);
  end if;
  if p_edit is not null then
    v_edits := jsonb_build_object((engine.letter_step(v_letter)).name, p_edit);
  end if;
  if v_letter.stage = 'compensate' then
    return engine.undo_rest((engine.letter_compensation(v_letter)).run_id, p_new, v_edits, p_letter, p_member, p_member_name,
      p_actor_type, p_actor_id, p_correlation, p_traceparent);
  end if;

  -- what was spawned runs again under the steps of the plan that spawned it
  with recursive above (id, parent_step_id, name) as (
    select s.id, s.parent_step_id, s.name
    from public.dead_letters d join public.steps dead on dead.id = d.step_id
    join public.steps s on s.run_id = v_source and s.name = dead.name
    where (d.redrive_run = v_source or (d.run_id = v_source and d.redrive_run is null))
      and d.status in ('new', 'triaged') and d.stage <> 'compensate'
    union
    select s.id, s.parent_step_id, s.name from above a join public.steps s on s.id = a.parent_step_id
  )
  select array_agg(a.name) into v_from from above a;

  v_answer := engine.fork_run(v_source, p_new, v_from, v_edits, true, p_member, p_member_name, p_actor_type, p_actor_id,
    p_correlation, p_traceparent, p_letter);
  if v_answer ->> 'result' <> 'forked' then
    return v_answer;
  end if;
  return v_answer || jsonb_build_object('result', 'redriven', 'letters', engine.mark_redriven(v_source, p_new, p_actor_type, p_actor_id));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.refill(p_tokens numeric, p_refilled_at timestamp with time zone, p_rate integer, p_per_seconds integer, p_burst integer, p_at timestamp with time zone)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO ''
AS $function$
  select least(p_burst, p_tokens
    + div(greatest(0, extract(epoch from p_at) - extract(epoch from p_refilled_at)) * 1000000 * p_rate, p_per_seconds) / 1000000)
$function$
;

CREATE OR REPLACE FUNCTION engine.register_undo(p_step steps, p_name text, p_undo jsonb)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  insert into public.compensations (tenant_id, run_id, step_id, name, kind, kind_version, arguments, epoch)
  select p_step.tenant_id, p_step.run_id, p_step.id, p_name, p_undo ->> 'kind', coalesce((p_undo ->> 'version')::smallint, 1),
    coalesce(p_undo -> 'with', '{}'), p_step.epoch
  from public.runs r where r.id = p_step.run_id and r.compensation = 'none' and p_step.undo_of is null
  on conflict (step_id, name) do nothing
$function$
;

CREATE OR REPLACE FUNCTION engine.relay_claim(p_relay text, p_limit integer, p_batch integer, p_lease_ms integer)
 RETURNS TABLE(webhook_id uuid, tenant_id uuid, format text, url text, secrets text[], version bigint, attempts integer, scanned_to bigint, events jsonb)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with due as (
    select c.webhook_id
    from public.webhook_cursors c
    join public.webhooks w on w.id = c.webhook_id and w.status = 'active'
    join public.event_heads h on h.tenant_id = c.tenant_id and h.seq > c.seq
    where c.next_at <= clock_timestamp() and (c.lease_until is null or c.lease_until <= clock_timestamp())
    order by c.next_at limit p_limit
    for update of c skip locked
  ),
  taken as (
    update public.webhook_cursors c
    set version = c.version + 1, leased_by = p_relay, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from due where c.webhook_id = due.webhook_id
    returning c.webhook_id, c.tenant_id, c.version, c.attempts, c.seq, c.digest_to
  )
  select t.webhook_id, t.tenant_id, w.format, coalesce(s.url, w.url),
    array_remove(array[s.secret, case when s.previous_until > clock_timestamp() then s.previous end], null),
    t.version, t.attempts, coalesce(next.scanned_to, t.digest_to, t.seq), coalesce(next.events, '[]')
  from taken t
  join public.webhooks w on w.id = t.webhook_id
  left join public.webhook_secrets s on s.webhook_id = t.webhook_id
  -- one mail tells of more than one post does
  cross join lateral (select case when w.format = 'email' then 4 * p_batch else p_batch end as most) as batch
  cross join lateral (
    select
      -- a full batch may have more behind it; else all that was looked at is done with
      case when count(*) filter (where e.place = batch.most + 1) > 0 then max(e.seq) filter (where e.place = batch.most) else max(e.seq) end
        as scanned_to,
      jsonb_agg(e.message order by e.seq) filter (where e.place <= batch.most) as events
    from (
      select e.seq, case when e.told then row_number() over (partition by e.told order by e.seq) end as place, e.message
      from (
        select e.seq,
          case when e.type = 'webhook.tested' then e.payload ->> 'webhook_id' = t.webhook_id::text
               else w.event_types = '{}' or e.type = any (w.event_types) end as told,
          jsonb_build_object('seq', e.seq, 'id', e.id, 'version', e.version, 'type', e.type, 'correlation_id', e.correlation_id,
            'causation_id', e.causation_id, 'traceparent', e.traceparent, 'tenant_id', e.tenant_id, 'at', e.at,
            'payload', e.payload) as message
        from public.events e
        where e.tenant_id = t.tenant_id and e.seq > t.seq and (t.digest_to is null or e.seq <= t.digest_to)
        order by e.seq limit 1000
      ) as e
    ) as e
  ) as next
$function$
;

CREATE OR REPLACE FUNCTION engine.relay_delivered(p_webhook uuid, p_version bigint, p_lease_ms integer, p_delivery jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_tenant uuid;
begin
  -- the webhook before its cursor, as everywhere
  perform from public.webhooks w where w.id = p_webhook for key share;
  update public.webhook_cursors c
  set seq = (p_delivery ->> 'seq')::bigint, attempts = 0, failing_since = null, next_at = clock_timestamp(),
      lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
  where c.webhook_id = p_webhook and c.version = p_version
  returning c.tenant_id into v_tenant;
  if v_tenant is null then
    return false;
  end if;
  perform engine.relay_note(p_webhook, v_tenant, 'delivered', p_delivery);
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.relay_digested(p_webhook uuid, p_version bigint, p_rest_ms bigint, p_deliveries jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_tenant uuid;
begin
  perform from public.webhooks w where w.id = p_webhook for key share;
  update public.webhook_cursors c
  set seq = (select max((d ->> 'seq')::bigint) from jsonb_array_elements(p_deliveries) as d), attempts = 0, failing_since = null,
      digest_to = null, next_at = clock_timestamp() + make_interval(secs => p_rest_ms / 1000.0)
  where c.webhook_id = p_webhook and c.version = p_version
  returning c.tenant_id into v_tenant;
  if v_tenant is null then
    return false;
  end if;
  perform engine.relay_note(p_webhook, v_tenant, 'delivered', d) from jsonb_array_elements(p_deliveries) as d;
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.relay_failed(p_webhook uuid, p_version bigint, p_retry_ms bigint, p_gone boolean, p_give_up_ms bigint, p_delivery jsonb)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_cursor public.webhook_cursors;
  v_reason text;
begin
  perform from public.webhooks w where w.id = p_webhook for no key update;
  update public.webhook_cursors c
  set attempts = c.attempts + 1, failing_since = coalesce(c.failing_since, clock_timestamp()), leased_by = null, lease_until = null,
      next_at = clock_timestamp() + make_interval(secs => p_retry_ms / 1000.0)
  where c.webhook_id = p_webhook and c.version = p_version
  returning * into v_cursor;
  if v_cursor.webhook_id is null then
    return 'lost';
  end if;
  perform engine.relay_note(p_webhook, v_cursor.tenant_id, 'failed', p_delivery);
  v_reason := case when p_gone then 'gone'
    when clock_timestamp() - v_cursor.failing_since >= make_interval(secs => p_give_up_ms / 1000.0) then 'failing' end;
  if v_reason is null then
    return 'retry';
  end if;
  update public.webhooks w set status = 'disabled', disabled_reason = v_reason where w.id = p_webhook and w.status = 'active';
  if found then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
    values (v_cursor.tenant_id, 'webhook.disabled', app.uuid7(), 'system', 'relay',
      jsonb_build_object('webhook_id', p_webhook, 'reason', v_reason));
  end if;
  return 'disabled';
end
$function$
;

CREATE OR REPLACE FUNCTION engine.relay_note(p_webhook uuid, p_tenant uuid, p_status text, p_delivery jsonb)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  insert into public.webhook_deliveries (tenant_id, webhook_id, event_id, type, seq, attempt, status, http_status, error, took_ms)
  select p_tenant, p_webhook, d.event_id, d.type, d.seq, d.attempt, p_status, d.http_status, left(d.error, 1000), d.took_ms
  from jsonb_to_record(p_delivery) as d (event_id uuid, type text, seq bigint, attempt integer, http_status integer, error text, took_ms integer)
$function$
;

CREATE OR REPLACE FUNCTION engine.relay_notice(p_webhook uuid, p_version bigint, p_to bigint, p_events uuid[])
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_webhook public.webhooks;
begin
  select w.* into v_webhook from public.webhooks w where w.id = p_webhook;
  update public.webhook_cursors c set digest_to = case when v_webhook.format = 'email' then p_to end
  where c.webhook_id = p_webhook and c.version = p_version;
  if not found then
    return null;
  end if;
  return jsonb_build_object(
    'recipients', (
      select coalesce(jsonb_agg(jsonb_build_object('name', m.name, 'email', m.email) order by m.email), '[]')
      from public.members m where m.tenant_id = v_webhook.tenant_id and m.user_id = any (v_webhook.recipients)),
    'facts', (
      select coalesce(jsonb_object_agg(e.id, jsonb_strip_nulls(jsonb_build_object(
        'expires_at', a.expires_at,
        'plan', case when v_webhook.titles then p.title end,
        'approval', case when v_webhook.titles then a.title end,
        'run', case when v_webhook.titles and r.tenant_id = e.tenant_id then r.title end,
        'step', case when v_webhook.titles and s.tenant_id = e.tenant_id then s.name end))), '{}')
      from public.events e
      left join public.approvals a on a.id = (e.payload ->> 'approval_id')::uuid and a.tenant_id = e.tenant_id
      -- by id alone: with the tenant beside it a planner without statistics reads all runs of the tenant
      left join public.runs_all r on r.id = coalesce(e.run_id, (e.payload ->> 'run_id')::uuid)
      left join public.steps_all s on s.id = (e.payload ->> 'step_id')::uuid
      left join public.plans p on p.id = coalesce((e.payload ->> 'plan_id')::uuid, a.plan_id, r.plan_id) and p.tenant_id = e.tenant_id
      where e.tenant_id = v_webhook.tenant_id and e.id = any (p_events)));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.relay_prune(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_pruned integer;
begin
  delete from public.inbound_messages m
  where m.ctid in (
    select old.ctid from public.inbound_messages old
    where old.begun_at <= clock_timestamp() - interval '30 days'
    order by old.begun_at limit p_limit for update skip locked
  );
  delete from public.webhook_deliveries d
  where d.ctid in (
    select old.ctid from public.webhook_deliveries old
    where old.at <= clock_timestamp() - interval '30 days'
    order by old.at limit p_limit for update skip locked
  );
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.relay_release(p_webhook uuid, p_version bigint, p_scanned_to bigint)
 RETURNS boolean
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with released as (
    update public.webhook_cursors c
    set seq = greatest(c.seq, coalesce(p_scanned_to, c.seq)), leased_by = null, lease_until = null,
        next_at = greatest(c.next_at, clock_timestamp()),
        digest_to = case when greatest(c.seq, coalesce(p_scanned_to, c.seq)) < c.digest_to then c.digest_to end
    where c.webhook_id = p_webhook and c.version = p_version
    returning true
  )
  select exists (select from released)
$function$
;

CREATE OR REPLACE FUNCTION engine.remind_approvals(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_done integer;
  v_more integer;
begin
  with due as (
    select a.id from public.approvals a
    where a.status = 'pending' and a.reminded_at is null and a.remind_at <= clock_timestamp() and a.expires_at > clock_timestamp()
    order by a.remind_at limit p_limit for update skip locked
  ),
  marked as (
    update public.approvals a set reminded_at = clock_timestamp() from due d where a.id = d.id returning a.*
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'approval.reminded', m.correlation_id, 'system', 'sweeper', m.run_id,
      jsonb_strip_nulls(jsonb_build_object('approval_id', m.id, 'subject', m.subject, 'plan_id', m.plan_id, 'run_id', m.run_id, 'step_id', m.step_id))
    from marked m returning 1
  )
  select count(*) into v_done from told;

  with due as (
    select a.id from public.approvals a
    where a.status = 'pending' and a.escalated_at is null and a.escalate_at <= clock_timestamp() and a.expires_at > clock_timestamp()
    order by a.escalate_at limit p_limit for update skip locked
  ),
  marked as (
    update public.approvals a set escalated_at = clock_timestamp() from due d where a.id = d.id returning a.*
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'approval.escalated', m.correlation_id, 'system', 'sweeper', m.run_id,
      jsonb_strip_nulls(jsonb_build_object('approval_id', m.id, 'subject', m.subject, 'plan_id', m.plan_id, 'run_id', m.run_id,
        'step_id', m.step_id, 'group', m.rule ->> 'escalateTo'))
    from marked m returning 1
  )
  select count(*) into v_more from told;
  return v_done + v_more;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.renew(p_owner text, p_executor text, p_tenant uuid, p_items jsonb, p_lease_ms integer)
 RETURNS TABLE(step_id uuid, held boolean, lease_until timestamp with time zone, cancel_requested boolean)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_column
declare
  -- as in engine.settle_one
  c_held constant text[] := '{assigned,running}';
  v_asked uuid[] := array(select i.step_id from jsonb_to_recordset(p_items) as i (step_id uuid));
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);

  return query
  with items as (
    select i.* from jsonb_to_recordset(p_items) as i (step_id uuid, epoch bigint, progress jsonb)
  ),
  locked as (
    select s.id, s.epoch, s.status from public.steps s
    where s.id = any (v_asked) and s.status = any (c_held) and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
      and (p_tenant is null or s.tenant_id = p_tenant)
    order by s.id for update
  ),
  renewed as (
    update public.steps s
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0),
        status = 'running', started_at = coalesce(s.started_at, clock_timestamp()),
        progress = coalesce(i.progress, s.progress)
    from locked l join items i on i.step_id = l.id and i.epoch = l.epoch
    where s.id = l.id
    returning s.id, s.tenant_id, s.run_id, s.correlation_id, s.epoch, s.lease_until, s.cancel_requested_at,
      l.status = 'assigned' as begun, i.progress is not null as progressed
  ),
  recorded as (
    update public.attempts a set started_at = clock_timestamp()
    from renewed r where r.begun and a.step_id = r.id and a.epoch = r.epoch and a.started_at is null
  ),
  -- a task's run begins here where it did not end before
  begun_tasks as (
    update public.runs r set status = 'running', started_at = clock_timestamp()
    where r.id = any (array(select n.run_id from renewed n where n.begun)) and r.status = 'queued' and r.plan_id is null
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select r.tenant_id, case when bool_or(r.begun) then 'steps.started' else 'step.progressed' end,
           (array_agg(r.correlation_id))[1], p_executor, p_owner, r.run_id,
           jsonb_build_object('steps', jsonb_agg(jsonb_build_object('step_id', r.id, 'run_id', r.run_id, 'epoch', r.epoch)))
    from renewed r where r.begun or r.progressed group by r.tenant_id, r.run_id
  )
  select i.step_id, r.id is not null, r.lease_until, coalesce(r.cancel_requested_at is not null, false)
  from items i left join renewed r on r.id = i.step_id and r.epoch = i.epoch;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.request_approval(p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_title text, p_question text, p_why text, p_arguments jsonb, p_arguments_digest text, p_requester text, p_expires_ms bigint, p_more jsonb DEFAULT '{}'::jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_approval public.approvals := engine.open_question(v_step, p_name, p_title, p_question, p_why, p_arguments,
    p_arguments_digest, p_requester, p_expires_ms);
  v_missing text[];
begin
  if p_more <> '{}' and v_approval.status = 'pending' and v_approval.version = 1 then
    v_missing := engine.missing_groups(v_step.tenant_id, coalesce(p_more -> 'rule', '{}'));
    if v_missing <> '{}' then
      raise exception using errcode = 'NX003', message = 'there is no group ' || array_to_string(v_missing, ', ');
    end if;
    update public.approvals a
    set arguments_schema = p_more -> 'schema',
        -- not by a.rule, in which what the tenant says nothing about is filled in
        rule = engine.stricter(engine.approval_rule(a.tenant_id, a.subject, a.risk), coalesce(p_more -> 'rule', '{}'))
    where a.id = v_approval.id returning * into v_approval;
  end if;
  if v_approval.status = 'pending' then
    perform engine.suspend(v_step, 2, 'approval');
  end if;
  return engine.answer_json(v_approval);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.request_tool_approval(p_tenant uuid, p_step uuid, p_epoch bigint, p_ask jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_tool public.agent_tools;
  v_approval public.approvals;
begin
  select t.* into v_tool from public.agent_tools t
  where t.tenant_id = v_step.tenant_id and t.name = p_ask ->> 'tool' and t.version = p_ask ->> 'version' and t.status = 'active';
  if not found then
    return null;
  end if;

  select a.* into v_approval from public.approvals a
  where a.step_id = p_step and a.subject = 'tool' and a.name = p_ask ->> 'name' and a.arguments_digest = p_ask ->> 'digest'
    and a.status not in ('superseded', 'cancelled')
    and not exists (select from public.approval_grants g
      where g.approval_id = a.id and g.consumed_at is null and g.expires_at <= clock_timestamp())
  order by a.id desc limit 1;
  if not found then
    with replaced as (
      update public.approvals a set status = 'superseded', decided_at = clock_timestamp()
      where a.step_id = p_step and a.subject = 'tool' and a.name = p_ask ->> 'name' and a.status = 'pending'
      returning a.id
    )
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select v_step.tenant_id, 'approval.decided', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('approval_id', r.id, 'subject', 'tool', 'status', 'superseded', 'run_id', v_step.run_id, 'step_id', p_step)
    from replaced r;

    insert into public.approvals (tenant_id, subject, run_id, step_id, name, title, question, why, arguments, arguments_digest,
      requested_by_type, requested_by, requested_by_name, requester_user_id, expires_at, correlation_id, risk, tool, tool_version, target,
      arguments_schema, rule)
    values (v_step.tenant_id, 'tool', v_step.run_id, p_step, p_ask ->> 'name', v_tool.title, p_ask ->> 'question', p_ask ->> 'why',
      p_ask -> 'arguments', p_ask ->> 'digest', v_step.executor, v_step.lease_owner, p_ask ->> 'requester',
      (select r.created_by::uuid from public.runs r where r.id = v_step.run_id and r.created_by_type = 'member'),
      clock_timestamp() + make_interval(secs => (p_ask ->> 'expires_ms')::bigint / 1000.0), v_step.correlation_id,
      v_tool.sensitivity, v_tool.name, v_tool.version, p_ask ->> 'target', v_tool.input_schema, coalesce(v_tool.rule, '{}'))
    returning * into v_approval;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_step.tenant_id, 'approval.requested', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('approval_id', v_approval.id, 'subject', 'tool', 'run_id', v_step.run_id, 'step_id', p_step));
  end if;
  if v_approval.status = 'pending' then
    perform engine.suspend(v_step, 2, 'approval');
  end if;
  return engine.answer_json(v_approval);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.required_groups(p_tenant uuid, p_labels text[])
 RETURNS TABLE(group_name text, label text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select distinct on (a.value) a.value, l.label
  from public.tenant_settings s
  cross join lateral jsonb_each_text(coalesce(s.value -> 'approvers', '{}')) a
  cross join lateral unnest(p_labels) with ordinality as l (label, n)
  where s.tenant_id = p_tenant and s.key = 'compliance'
    and case when right(a.key, 1) = '*' then starts_with(l.label, left(a.key, -1)) else l.label = a.key end
  order by a.value, l.n
$function$
;

CREATE OR REPLACE FUNCTION engine.reserve_children(p_step steps, p_node run_agent_hierarchy, p_new jsonb, p_depth integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_count integer := jsonb_array_length(p_new);
  v_agents integer := (select count(*) from jsonb_array_elements(p_new) c where c ->> 'executor' = 'agent');
  v_scopes jsonb := jsonb_strip_nulls(jsonb_build_object('run_id', p_step.run_id, 'step_id', p_step.id,
    'agent_id', case when p_step.executor = 'agent' then p_step.lease_owner end));
  v_amounts jsonb := jsonb_build_object('fan_out', v_count::text, 'agents', v_agents::text, 'depth', p_depth::text);
  v_answer jsonb;
  v_child jsonb;
begin
  if p_node.opened_at is not null then
    return jsonb_build_object('quota', 'failures', 'limit', engine.failures_limit(p_node.session_id), 'used', p_node.failures, 'asked', v_count);
  end if;
  if app.budgets_for(p_step.tenant_id, v_scopes, v_amounts, clock_timestamp()) is null then
    return null;
  end if;
  v_answer := app.reserve_budget(app.claims(), p_step.tenant_id, app.uuid7(), 'spawn:' || (p_new -> 0 ->> 'id'), v_scopes, v_amounts, 60000, false);
  if v_answer ->> 'outcome' <> 'reserved' then
    return jsonb_strip_nulls(jsonb_build_object('quota', v_answer -> 'measure', 'limit', (v_answer ->> 'limit')::numeric,
      'used', (v_answer ->> 'used')::numeric + (v_answer ->> 'reserved')::numeric, 'asked', (v_answer ->> 'asked')::numeric,
      'budget', v_answer -> 'budget_name', 'approval_id', v_answer -> 'approval_id'));
  end if;
  perform app.settle_budget((v_answer ->> 'id')::uuid, null);
  for v_child in select c from jsonb_array_elements(p_new) c loop
    perform app.reserve_budget(app.claims(), p_step.tenant_id, app.uuid7(), 'child:' || (v_child ->> 'id'), v_scopes,
      jsonb_build_object('fan_out', '1', 'agents', case v_child ->> 'executor' when 'agent' then '1' else '0' end, 'depth', p_depth::text),
      86400000, false);
  end loop;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.resolve_letter(p_tenant uuid, p_letter uuid, p_version integer, p_evidence text, p_new uuid, p_name text, p_correlation uuid, p_traceparent text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  return engine.settle_letter(p_tenant, p_letter, p_version, 'undone', p_evidence, app.user_id(), p_new, p_name, p_correlation,
    p_traceparent);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.restore(p_tenant uuid, p_run uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_root uuid;
  v_runs uuid[];
begin
  perform app.assert_tenant(p_tenant);
  loop
    perform from public.runs r where r.id = p_run and r.tenant_id = p_tenant for key share;
    if found then
      return false;
    end if;
    with recursive above (id, forked_from) as (
      select h.id, h.forked_from from public.runs_history h where h.id = p_run and h.tenant_id = p_tenant
      union
      select h.id, h.forked_from from above a join public.runs_history h on h.id = a.forked_from
    )
    select a.id into v_root from above a where a.forked_from is null;
    if v_root is null then
      -- between the two looks it may have come back
      perform from public.runs r where r.id = p_run and r.tenant_id = p_tenant;
      continue when found;
      return null;
    end if;

    perform from public.runs_history h where h.id = v_root for update;
    -- who waited here for another who brought it back looks again
    continue when not found;
    with recursive kin (id) as (
      select v_root
      union
      select h.id from kin k join public.runs_history h on h.forked_from = k.id
    )
    select array_agg(k.id) into v_runs from kin k;
    update public.runs_history h set task_key = null
    where h.id = any (v_runs) and h.task_key is not null
      and exists (select from public.runs r where r.tenant_id = h.tenant_id and r.task_key = h.task_key);
    perform engine.move_runs(v_runs, true);
    return true;
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.resume_run(p_tenant uuid, p_run uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run public.runs;
  v_paused timestamptz;
  v_freed record;
  v_workers integer := 0;
  v_agents integer := 0;
  v_seen boolean := false;
begin
  perform app.assert_tenant(p_tenant);
  select r.paused_at into v_paused from public.runs r where r.id = p_run and r.tenant_id = p_tenant;
  if not found then
    return null;
  end if;
  loop
    perform engine.lock_open_steps(p_run);
    with freed as (
      update public.steps s
      set holds = s.holds & ~256,
          deadline_at = case when s.holds & ~256 = 0
            then s.deadline_at + (clock_timestamp() - coalesce(s.held_at, v_paused, clock_timestamp())) else s.deadline_at end,
          held_at = case when s.holds & ~256 = 0 then null else s.held_at end
      where s.run_id = p_run and s.status in ('queued', 'assigned', 'running') and s.holds & 256 = 256
      returning s.executor, s.status, s.holds
    )
    select count(*) as n, count(*) filter (where f.executor = 'worker' and f.status = 'queued' and f.holds = 0) as workers,
      count(*) filter (where f.executor = 'agent' and f.status = 'queued' and f.holds = 0) as agents
    into v_freed from freed f;
    v_workers := v_workers + v_freed.workers;
    v_agents := v_agents + v_freed.agents;
    exit when v_seen and v_freed.n = 0;

    if not v_seen then
      select r.* into v_run from public.runs r where r.id = p_run for no key update;
      update public.runs r set paused_at = null where r.id = p_run;
      v_seen := true;
    end if;
  end loop;
  if v_run.finished_at is not null then
    return jsonb_build_object('result', 'ended', 'status', v_run.status, 'for_workers', 0, 'for_agents', 0);
  end if;
  if v_run.paused_at is not null then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_tenant, 'run.resumed', v_run.correlation_id, 'member', app.user_id()::text, p_run, jsonb_build_object('run_id', p_run));
  end if;
  return jsonb_build_object('result', case when v_run.paused_at is null then 'unchanged' else 'resumed' end,
    'status', v_run.status, 'for_workers', v_workers, 'for_agents', v_agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.retention()
 RETURNS TABLE(tenant_id uuid, archive_before timestamp with time zone, delete_before timestamp with time zone, events_before timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select t.id, clock_timestamp() - make_interval(secs => (p.value ->> 'archive_after_seconds')::double precision),
    clock_timestamp() - make_interval(days => (p.value ->> 'delete_after_days')::integer),
    clock_timestamp() - make_interval(days => (p.value ->> 'events_after_days')::integer)
  from public.tenants t
  left join public.tenant_settings own on own.tenant_id = t.id and own.key = 'retention'
  cross join lateral (
    select coalesce((select s.value from public.plane_settings s where s.key = 'retention'), '{}') || coalesce(own.value, '{}') as value
  ) as p
$function$
;

CREATE OR REPLACE FUNCTION engine.ruled(p_tenant uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return exists (
      select from public.claim_rules r
      where r.tenant_id = p_tenant and (r.paused_at is not null or r.max_running is not null or r.rate is not null))
    or exists (
      select from public.claim_rules r
      where r.tenant_id is null and (r.paused_at is not null or r.max_running is not null or r.rate is not null));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.rules_for(p_tenant uuid, p_queue text, p_handler text, p_owner text)
 RETURNS SETOF claim_rules
 LANGUAGE sql
 STABLE
AS $function$
  select r.* from (
    select * from public.claim_rules where tenant_id = p_tenant
    union all
    select * from public.claim_rules where tenant_id is null
  ) r
  where (r.paused_at is not null or r.max_running is not null or r.rate is not null)
    and (r.queue is null or r.queue = p_queue)
    and (r.agent is null or r.agent::text = p_owner)
    and (r.type is null
      or engine.is_of_type(r.type, split_part(p_handler, '@', 1), nullif(split_part(p_handler, '/', 2), '')))
$function$
;

CREATE OR REPLACE FUNCTION engine.run_family(p_roots uuid[])
 RETURNS TABLE(root uuid, id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with recursive kin (root, id) as (
    select r, r from unnest(p_roots) as r
    union
    select k.root, f.id from kin k join public.runs f on f.forked_from = k.id
  )
  select k.root, k.id from kin k
$function$
;

CREATE OR REPLACE FUNCTION engine.run_schedule(p_tenant uuid, p_schedule uuid, p_member uuid, p_correlation uuid, p_traceparent text, p_versions jsonb)
 RETURNS json
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_schedule public.schedules;
  v_now timestamptz := clock_timestamp();
  v_begun json;
  v_run uuid;
begin
  perform app.assert_tenant(p_tenant);
  select * into v_schedule from public.schedules s where s.id = p_schedule and s.tenant_id = p_tenant for update;
  if not found then
    return null;
  end if;
  -- never an instant of a timetable, which are whole seconds
  if v_now = date_trunc('second', v_now) then
    v_now := v_now + interval '1 microsecond';
  end if;
  v_schedule.jitter_seconds := 0;
  v_begun := engine.begin_scheduled(v_schedule, v_now, v_now, 'member', p_member::text, p_correlation, p_traceparent, p_versions);
  v_run := (v_begun -> 'runs' ->> 0)::uuid;
  insert into public.schedule_firings (schedule_id, occurrence, tenant_id, outcome, run_id, by_member)
  values (v_schedule.id, v_now, p_tenant, 'fired', v_run, p_member);
  update public.schedules s set last_run = v_run where s.id = v_schedule.id;
  return json_build_object('run_id', v_run, 'for_workers', v_begun -> 'for_workers', 'for_agents', v_begun -> 'for_agents');
end
$function$
;

CREATE OR REPLACE FUNCTION engine.seal(p_limit integer)
 RETURNS TABLE(tenant_id uuid, seq bigint, sealed integer, run_ids uuid[], approvals boolean, lag_ms integer, decisions jsonb)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_horizon xid8;
  v_batch uuid[];
  v_ended record;
begin
  if not pg_try_advisory_xact_lock(7_160_101) then
    return;
  end if;

  v_horizon := pg_snapshot_xmin(pg_current_snapshot());
  select array_agg(b.id order by b.xid, b.id) into v_batch
  from (
    select e.id, e.xid from public.events e where e.seq is null and e.xid < v_horizon order by e.xid, e.id limit p_limit
  ) as b;
  if v_batch is null then
    return;
  end if;

  return query
  with batch as materialized (
    select e.id, e.tenant_id, e.run_id, e.at, row_number() over (partition by e.tenant_id order by b.place) as n
    from unnest(v_batch) with ordinality as b (id, place) join public.events e on e.id = b.id
  ),
  heads as (
    insert into public.event_heads as h (tenant_id, seq)
    select b.tenant_id, count(*) from batch b group by b.tenant_id order by b.tenant_id
    on conflict (tenant_id) do update set seq = h.seq + excluded.seq
    returning h.tenant_id, h.seq
  ),
  sizes as (
    select b.tenant_id, count(*) as n, min(b.at) as oldest from batch b group by b.tenant_id
  ),
  sealed as (
    update public.events e
    set seq = h.seq - s.n + b.n,
        causation_id = coalesce(e.causation_id, nullif(r.causation_id, e.id)),
        traceparent = coalesce(e.traceparent, r.traceparent)
    from batch b left join public.runs r on r.id = b.run_id join heads h on h.tenant_id = b.tenant_id join sizes s on s.tenant_id = b.tenant_id
    where e.id = b.id
    returning e.tenant_id, e.seq, e.run_id, e.type, s.oldest,
      case when e.type like 'plan.%' or e.type like 'approval.%' then e.payload end as payload
  ),
  told as (
    select s.tenant_id, split_part(s.type, '.', 1) as what,
      case when s.type = 'approval.decided' then s.payload ->> 'status' else split_part(s.type, '.', 2) end as name, null as verdict
    from sealed s where s.payload is not null
    union all
    select s.tenant_id, 'verdict', v.gate, v.verdict
    from sealed s
    join public.plan_evaluations v on v.plan_id = (s.payload ->> 'plan_id')::uuid and v.digest = s.payload ->> 'digest' and v.model is null
    where s.type in ('plan.ready', 'plan.blocked')
  ),
  counted as (
    select c.tenant_id, jsonb_agg(jsonb_build_object('what', c.what, 'name', c.name, 'verdict', c.verdict, 'count', c.count)) as decisions
    from (select t.tenant_id, t.what, t.name, t.verdict, count(*) from told t group by 1, 2, 3, 4) as c
    group by c.tenant_id
  )
  select s.tenant_id, max(s.seq), count(*)::integer,
         coalesce(array_agg(distinct s.run_id) filter (where s.run_id is not null), '{}'),
         bool_or(s.type like 'approval.%'),
         (extract(epoch from clock_timestamp() - min(s.oldest)) * 1000)::integer,
         coalesce((select c.decisions from counted c where c.tenant_id = s.tenant_id), '[]')
  from sealed s group by s.tenant_id;

  -- the heads of the audit log last: nobody waits for anything else while holding one
  for v_ended in
    select e.tenant_id, e.run_id, e.type
    from unnest(v_batch) with ordinality as b (id, place) join public.events e on e.id = b.id
    where e.type in ('run.succeeded', 'run.failed', 'run.cancelled')
    order by e.tenant_id, b.place
  loop
    perform app.append_audit(v_ended.tenant_id, 'run.ended', 'system', 'sealer',
      jsonb_build_object('run_id', v_ended.run_id, 'status', split_part(v_ended.type, '.', 2))::text);
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.sealed_content(p_tenant uuid, p_ids uuid[])
 RETURNS TABLE(id uuid, tenant_id uuid, payload jsonb, sealed bytea, wrapped bytea, kek text, redacted_at timestamp with time zone, redacted_by text, redacted_why text, content_hash text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_tenant is not null or session_user <> 'nofx_worker' then
    perform app.assert_tenant(p_tenant);
  end if;
  return query
    select m.id, m.tenant_id, m.payload, m.sealed, k.wrapped, k.kek, m.redacted_at, m.redacted_by, m.redacted_why, m.content_hash
    from public.agent_messages_all m left join public.content_keys k on k.id = m.id
    where m.id = any (p_ids) and (p_tenant is null or m.tenant_id = p_tenant);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.send_event(p_tenant uuid, p_name text, p_key text, p_payload jsonb, p_run uuid, p_actor_type text, p_actor_id text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_event public.external_events;
  v_lock bigint;
  v_waits uuid[];
  v_freed record;
begin
  perform app.assert_tenant(p_tenant);
  for v_lock in
    select distinct engine.event_lock(p_tenant, p_name, k.key) from unnest(array[null, p_key]) as k (key) order by 1
  loop
    perform pg_advisory_xact_lock_shared(v_lock);
  end loop;

  insert into public.external_events (tenant_id, name, key, run_id, payload, sent_by_type, sent_by)
  select p_tenant, p_name, p_key, p_run, p_payload, p_actor_type, p_actor_id
  where p_run is null or exists (select from public.runs r where r.id = p_run and r.tenant_id = p_tenant)
  returning * into v_event;
  if not found then
    return null;
  end if;

  select coalesce(array_agg(w.id), '{}') into v_waits
  from public.waits w
  where w.tenant_id = p_tenant and w.kind = 'event' and w.status = 'open' and w.topic = p_name
    and (w.key is null or w.key = p_key) and (p_run is null or w.run_id = p_run);
  select * into v_freed from engine.meet_waits(v_waits,
    (select jsonb_object_agg(w, engine.event_json(v_event)) from unnest(v_waits) w),
    (select jsonb_object_agg(w, v_event.id) from unnest(v_waits) w), p_actor_type, p_actor_id);
  return jsonb_build_object('event_id', v_event.id, 'waiting', cardinality(v_waits),
    'for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.send_message(p_tenant uuid, p_from uuid, p_epoch bigint, p_to uuid, p_channel text, p_payload jsonb, p_sent_as text, p_actor_type text, p_actor_id text, p_sealed jsonb DEFAULT NULL::jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_from public.steps;
  v_to public.steps;
begin
  perform app.assert_tenant(p_tenant);
  perform pg_advisory_xact_lock(engine.mailbox_lock(p_to));
  if p_from is not null then
    v_from := engine.owned(p_tenant, p_from, p_epoch);
    perform engine.mark_running(v_from);
  elsif app.agent_id() is not null then
    raise insufficient_privilege using message = 'an agent sends as the step that it holds';
  end if;
  select s.* into v_to from public.steps s
  where s.id = p_to and s.tenant_id = p_tenant and (p_from is null or s.run_id = v_from.run_id);
  if not found then
    return null;
  end if;
  if v_to.status in ('succeeded', 'failed', 'cancelled')
    and not exists (select from public.agent_messages m where m.step_id = p_from and m.sent_as = p_sent_as)
  then
    return jsonb_build_object('message_id', null, 'ended', true, 'for_workers', 0, 'for_agents', 0);
  end if;
  return engine.store_message(p_tenant, jsonb_build_object('kind', 'step', 'of_id', p_to, 'run_id', v_to.run_id, 'channel', p_channel,
      'type', 'message.sent', 'correlation_id', v_to.correlation_id, 'from_step', p_from, 'sent_as', p_sent_as,
      'sender_type', p_actor_type, 'sender_id', p_actor_id)
    || case when p_sealed is null then jsonb_build_object('payload', p_payload) else p_sealed end);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.serves(p_route jsonb, p_tenant uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  return (p_route -> 'tenants' is null or p_route -> 'tenants' ? p_tenant::text)
    and (p_route -> 'not' is null or not p_route -> 'not' ? p_tenant::text)
    and (p_route -> 'shard' is null
      or ('x' || right(p_tenant::text, 7))::bit(28)::integer % (p_route -> 'shard' ->> 1)::integer = (p_route -> 'shard' ->> 0)::integer);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.session_begin(p_step uuid, p_epoch bigint, p_session jsonb)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(null, p_step, p_epoch);
  v_quotas jsonb := p_session -> 'quotas';
  v_node public.run_agent_hierarchy := engine.node_of(v_step);
  v_parent public.agent_sessions;
  v_id uuid := app.uuid7();
  v_by uuid;
begin
  select a.* into v_parent
  from unnest(app.steps_above(p_step)) with ordinality as u (id, n) join public.agent_sessions a on a.step_id = u.id::uuid
  where u.n > 1 order by u.n limit 1;
  insert into public.agent_sessions (id, tenant_id, run_id, step_id, parent_session_id, depth, asked, strategy, mode, capability, decision_id,
    state, quotas, deadline_at, region)
  values (v_id, v_step.tenant_id, v_step.run_id, p_step, v_parent.id, v_node.depth, p_session ->> 'asked', p_session ->> 'strategy',
    p_session ->> 'mode', p_session ->> 'capability', (p_session ->> 'decision_id')::uuid, p_session -> 'state', v_quotas,
    least(v_parent.deadline_at, clock_timestamp() + make_interval(secs => (v_quotas ->> 'seconds')::double precision)), p_session ->> 'region');
  update public.run_agent_hierarchy h set session_id = v_id, region = coalesce(h.region, p_session ->> 'region') where h.id = v_node.id;

  select case when r.created_by_type = 'member' then r.created_by::uuid else '00000000-0000-0000-0000-000000000000' end into v_by
  from public.runs r where r.id = v_step.run_id;
  insert into public.budgets (tenant_id, name, note, scope, subject, measure, kind, "window", "limit", outcome, session_id, created_by, changed_by)
  select v_step.tenant_id, 'session.' || v_id || '.' || q.measure, 'A quota of a session', 'step', p_step::text, q.measure, 'cap', 'total',
    q.most, 'stop', v_id, v_by, v_by
  from (values
    ('depth', (v_quotas ->> 'depth')::numeric), ('fan_out', (v_quotas ->> 'fanOut')::numeric), ('agents', (v_quotas ->> 'agents')::numeric),
    ('usd', (v_quotas ->> 'usd')::numeric)) as q (measure, most)
  where q.most is not null;

  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (v_step.tenant_id, 'session.started', v_step.correlation_id, 'worker', v_step.lease_owner, v_step.run_id,
    jsonb_build_object('session_id', v_id, 'run_id', v_step.run_id, 'step_id', p_step, 'strategy', p_session ->> 'strategy'));
  return v_id;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.session_cancel(p_step uuid, p_epoch bigint, p_names text[], p_reason text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(null, p_step, p_epoch);
  v_child uuid;
  v_ended uuid[] := '{}';
  v_freed record;
begin
  for v_child in
    select s.id from public.steps s
    where s.run_id = v_step.run_id and s.parent_step_id = p_step and s.finalised_at is null
      and s.name = any (array(select v_step.name || '.' || n from unnest(p_names) n))
    order by s.id
  loop
    v_ended := v_ended || engine.call_off(v_step.run_id, v_child, p_reason, 'worker', v_step.lease_owner);
  end loop;
  select 0 as for_workers, 0 as for_agents into v_freed;
  if v_ended <> '{}' then
    select * into v_freed from engine.finish('{}', v_ended, 'worker', v_step.lease_owner);
  end if;
  return jsonb_build_object('for_workers', v_freed.for_workers, 'for_agents', v_freed.for_agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.session_cost(p_step uuid)
 RETURNS numeric
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce(sum(c.cost_pico), 0) from engine.family(p_step) f (id) join public.model_calls c on c.step_id = f.id
$function$
;

CREATE OR REPLACE FUNCTION engine.session_lock(p_step uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform engine.lock_open_steps((select s.run_id from public.steps s where s.id = p_step));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.session_read(p_step uuid, p_epoch bigint)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
AS $function$
declare
  v_step public.steps := engine.owned(null, p_step, p_epoch);
  v_session public.agent_sessions;
  v_above text[] := app.steps_above(p_step);
  v_parent public.agent_sessions;
begin
  perform engine.mark_running(v_step);
  select a.* into v_session from public.agent_sessions a where a.step_id = p_step;
  select a.* into v_parent
  from unnest(v_above) with ordinality as u (id, n) join public.agent_sessions a on a.step_id = u.id::uuid
  where u.n > 1 order by u.n limit 1;
  return jsonb_build_object(
    'tenant_id', v_step.tenant_id, 'run_id', v_step.run_id, 'depth', cardinality(v_above) - 1,
    'session', case when v_session.id is not null then jsonb_build_object('id', v_session.id, 'status', v_session.status,
      'state', v_session.state, 'revision', v_session.revision, 'decision_id', v_session.decision_id, 'rounds', v_session.rounds,
      'quotas', v_session.quotas, 'late', v_session.deadline_at <= clock_timestamp(),
      'seconds', extract(epoch from clock_timestamp() - v_session.started_at)) end,
    'parent', case when v_parent.id is not null then jsonb_build_object('id', v_parent.id, 'depth', v_parent.depth, 'quotas', v_parent.quotas,
      'seconds_left', extract(epoch from v_parent.deadline_at - clock_timestamp())) end,
    'priority', v_step.priority,
    'item', (select jsonb_build_object('labels', p.labels || p.risk, 'type', i.type)
      from public.plan_steps p join public.backlog_items i on i.id = p.backlog_item_id where p.id = v_step.plan_step_id),
    'children_left', v_step.children_left,
    'ended', (
      select coalesce(jsonb_agg(jsonb_build_object('name', e.name, 'status', e.status, 'output', e.output, 'error', e.error) order by e.finalised_at, e.id), '[]')
      from (
        select c.id, substr(c.name, length(v_step.name) + 2) as name, c.status, c.output, c.error, c.finalised_at
        from public.steps c where c.parent_step_id = p_step and c.finalised_at is not null offset 0
      ) e
      where v_session.state #>> array['children', e.name, 'status'] in ('open', 'cancelling')));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.session_save(p_step uuid, p_epoch bigint, p_revision integer, p_state jsonb, p_rounds integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform engine.owned(null, p_step, p_epoch);
  update public.agent_sessions a
  set state = p_state, rounds = p_rounds, revision = p_revision + 1
  where a.step_id = p_step and a.revision = p_revision and a.status = 'running';
  if not found then
    raise exception using errcode = 'NX001', message = 'lease_lost';
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.session_step_ended()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_session uuid;
  v_decision uuid;
  v_seconds double precision;
  v_cost numeric;
begin
  update public.agent_sessions a
  set status = new.status, finished_at = clock_timestamp(), error = new.error, cost_pico = engine.session_cost(new.id)
  where a.step_id = new.id and a.status = 'running'
  returning a.id, a.decision_id, extract(epoch from a.finished_at - a.started_at), a.cost_pico
  into v_session, v_decision, v_seconds, v_cost;
  if v_session is null then
    return null;
  end if;
  -- what the strategy did not live to tell: a choice that led to crashes or past the deadline must not look better than one that failed
  if new.status = 'failed' and v_decision is not null then
    perform engine.note_strategy_outcome(v_decision, false, v_seconds, v_cost);
  end if;
  update public.budgets b set removed_at = clock_timestamp() where b.session_id = v_session and b.removed_at is null;
  update public.run_agent_hierarchy h
  set metrics = jsonb_build_object('status', new.status, 'seconds', round(extract(epoch from new.finalised_at - new.created_at)::numeric, 3))
  where h.step_id = new.id and h.parent_id is null;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (new.tenant_id, 'session.ended', new.correlation_id, 'system', 'engine', new.run_id,
    jsonb_build_object('session_id', v_session, 'run_id', new.run_id, 'step_id', new.id, 'status', new.status));
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.session_verdict(p_step uuid, p_epoch bigint, p_verdict jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(null, p_step, p_epoch);
  v_made public.critic_verdicts;
begin
  insert into public.critic_verdicts (tenant_id, run_id, session_id, round, verdict, score, feedback, doer_step, reviewer_step, doer_agent, reviewer_agent)
  select a.tenant_id, a.run_id, a.id, (p_verdict ->> 'round')::integer, p_verdict ->> 'verdict', (p_verdict ->> 'score')::double precision,
    coalesce(p_verdict ->> 'feedback', ''), d.id, r.id, dn.agent_id, rn.agent_id
  from public.agent_sessions a
  join public.steps d on d.run_id = a.run_id and d.name = v_step.name || '.' || (p_verdict ->> 'doer')
  join public.steps r on r.run_id = a.run_id and r.name = v_step.name || '.' || (p_verdict ->> 'reviewer')
  left join public.run_agent_hierarchy dn on dn.step_id = d.id
  left join public.run_agent_hierarchy rn on rn.step_id = r.id
  where a.step_id = p_step
  on conflict (session_id, round) do nothing
  returning * into v_made;
  if v_made.doer_agent <> v_made.reviewer_agent then
    insert into public.agent_relationships as r (tenant_id, from_agent, to_agent, kind, times, succeeded)
    values (v_made.tenant_id, v_made.reviewer_agent, v_made.doer_agent, 'reviews', 1, (v_made.verdict = 'accept')::integer)
    on conflict (tenant_id, from_agent, to_agent, kind) do update
    set times = r.times + 1, succeeded = r.succeeded + excluded.succeeded, last_at = clock_timestamp();
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.session_wait(p_step uuid, p_epoch bigint, p_name text, p_upto integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(null, p_step, p_epoch);
  v_deadline timestamptz := (select a.deadline_at from public.agent_sessions a where a.step_id = p_step);
begin
  v_step.cancel_requested_at := coalesce(v_step.cancel_requested_at,
    (select r.cancel_requested_at from public.runs r where r.id = v_step.run_id));
  if v_step.cancel_requested_at is null and (v_step.children_left <= p_upto or v_deadline <= clock_timestamp()) then
    return false;
  end if;
  insert into public.waits (tenant_id, run_id, step_id, name, option, position, kind, due_at, upto)
  values (v_step.tenant_id, v_step.run_id, p_step, p_name, 'ended', 0, 'children', null, p_upto),
    (v_step.tenant_id, v_step.run_id, p_step, p_name, 'late', 1, 'timer', v_deadline, 0);
  perform engine.suspend(v_step, engine.hold_bit('children') | engine.hold_bit('timer'), 'children');
  return true;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.set_plane_messages(p_value jsonb)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.plane_settings s set value = s.value || p_value, updated_at = clock_timestamp()
  where s.key = 'messages' and not s.value @> p_value
$function$
;

CREATE OR REPLACE FUNCTION engine.set_plane_retention(p_value jsonb)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.plane_settings s set value = s.value || p_value, updated_at = clock_timestamp()
  where s.key = 'retention' and not s.value @> p_value
$function$
;

CREATE OR REPLACE FUNCTION engine.settle(p_owner text, p_executor text, p_tenant uuid, p_settlements jsonb, p_brief boolean DEFAULT false)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_items engine.settlement[];
  v_mine engine.settlement[];
  v_locked uuid[];
  v_well uuid[];
  v_open_runs uuid[];
  v_open integer[];
  v_slowed uuid[] := '{}';
  v_succeeded uuid[];
  v_ended uuid[];
  v_freed record;
  v_results jsonb;
  v_rest jsonb := '[]';
  v_for_workers integer := 0;
  v_for_agents integer := 0;
begin
  perform engine.assert_caller(p_owner, p_executor, p_tenant);

  if jsonb_array_length(p_settlements) = 1 and p_settlements -> 0 ->> 'outcome' = 'succeeded' and p_settlements -> 0 ->> 'dependency' is null then
    v_results := engine.settle_one(p_owner, p_executor, p_tenant, p_settlements -> 0);
    if v_results is not null then
      return v_results;
    end if;
  elsif p_brief and p_executor = 'worker' and p_tenant is null then
    v_well := engine.settle_tasks(p_owner, p_settlements);
    if cardinality(v_well) = jsonb_array_length(p_settlements) then
      return '{"results": [], "for_workers": 0, "for_agents": 0}';
    elsif cardinality(v_well) > 0 then
      p_settlements := (
        select jsonb_agg(i.item order by i.n) from jsonb_array_elements(p_settlements) with ordinality as i (item, n)
        where (i.item ->> 'step_id')::uuid <> all (v_well));
    end if;
  end if;

  select array_agg((i.n, i.step_id, i.epoch, i.outcome, i.output, i.error, i.retry_ms, false)::engine.settlement)
  into v_items
  from (
    select (row_number() over ())::integer as n, r.*
    from jsonb_to_recordset(p_settlements) as r (step_id uuid, epoch bigint, outcome text, output jsonb, error jsonb, retry_ms integer)
  ) i;

  -- parents with their children, because ending a child may wake its parent and ending a parent cancels its children
  select array_agg(i.step_id) || coalesce(array_agg(c.parent_step_id) filter (where c.parent_step_id is not null), '{}') into v_locked
  from unnest(v_items) i left join public.steps c on c.id = i.step_id
  where p_tenant is null or c.tenant_id = p_tenant;

  perform from public.steps s where s.id = any (v_locked) order by s.id for update;

  select array_agg((o.n, o.step_id, o.epoch, o.outcome, o.output, o.error, o.retry_ms, o.past_deadline)::engine.settlement) into v_mine
  from (
    select distinct on (i.step_id) i.n, i.step_id, i.epoch, i.outcome, i.output, i.error, i.retry_ms,
      i.outcome = 'failed' and i.retry_ms is not null and s.failures + 1 < s.max_failures
        and clock_timestamp() + make_interval(secs => i.retry_ms / 1000.0) > s.deadline_at as past_deadline
    from unnest(v_items) i
    -- offset 0 keeps this a look-up a row
    cross join lateral (
      select x.tenant_id, x.epoch, x.status, x.lease_owner, x.lease_until, x.failures, x.max_failures, x.deadline_at
      from public.steps x where x.id = i.step_id offset 0
    ) s
    where s.epoch = i.epoch and s.status in ('assigned', 'running') and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
      and (p_tenant is null or s.tenant_id = p_tenant)
    order by i.step_id, i.n
  ) o;

  if v_mine is not null then
    v_slowed := engine.count_calls(array(select i.step_id from unnest(v_mine) i), p_settlements);

    with moved as (
      update public.steps s
      set status = case
            when i.outcome = 'succeeded' then 'succeeded'
            when s.cancel_requested_at is not null then 'cancelled'
            when i.outcome = 'failed' and (i.retry_ms is null or i.past_deadline or s.failures + 1 >= s.max_failures) then 'failed'
            else 'queued' end,
          failures = s.failures + (i.outcome = 'failed')::integer,
          output = case when i.outcome = 'succeeded' then i.output else s.output end,
          error = case i.outcome
            when 'failed' then case when i.past_deadline then i.error || '{"past_deadline": true}' else i.error end
            when 'succeeded' then null else s.error end,
          run_at = case when i.outcome = 'failed' and i.retry_ms is not null
            then clock_timestamp() + greatest(make_interval(secs => i.retry_ms / 1000.0),
              case when s.id = any (v_slowed) then interval '60 s' end) else s.run_at end,
          started_at = coalesce(s.started_at, s.claimed_at, clock_timestamp()),
          finalised_at = case when i.outcome = 'succeeded' or s.cancel_requested_at is not null
              or (i.outcome = 'failed' and (i.retry_ms is null or i.past_deadline or s.failures + 1 >= s.max_failures))
            then clock_timestamp() end,
          lease_owner = null, lease_until = null
      from unnest(v_mine) i where s.id = i.step_id
      returning s.id, s.tenant_id, s.run_id, s.epoch, s.status, s.correlation_id, s.undo, s.started_at, i.outcome, i.error, i.n
    ),
    registered as (
      insert into public.compensations (tenant_id, run_id, step_id, kind, kind_version, arguments, epoch)
      select m.tenant_id, m.run_id, m.id, m.undo ->> 'kind', coalesce((m.undo ->> 'version')::smallint, 1),
        coalesce(m.undo -> 'with', '{}'), m.epoch
      from moved m where m.status = 'succeeded' and m.undo is not null
      -- one batch is one order of completion
      order by m.n
      on conflict (step_id, name) do nothing
    ),
    recorded as (
      update public.attempts a
      set finished_at = clock_timestamp(), outcome = m.outcome, error_code = m.error ->> 'code',
          error_message = left(m.error ->> 'message', 1000), started_at = coalesce(a.started_at, a.claimed_at)
      from moved m where a.step_id = m.id and a.epoch = m.epoch
    ),
    -- a task that ended well has nobody behind it: what engine.finish would do for it is this
    lone as (
      select r.id from public.runs r
      where r.id = any (array(select m.run_id from moved m where m.status = 'succeeded'))
        and r.plan_id is null and r.step_count = 1 and r.steps_left = 1 and r.redrive_of is null
        and r.compensation = 'none' and r.outcome is null and r.status in ('queued', 'running')
      order by r.id for no key update
    ),
    done as (
      update public.runs r set steps_left = 0, status = 'succeeded', finished_at = clock_timestamp(),
        started_at = coalesce(r.started_at, clock_timestamp())
      from lone where r.id = lone.id and r.steps_left = 1 and r.step_count = 1 and r.compensation = 'none' and r.outcome is null
      returning r.id, r.tenant_id
    ),
    planned as (
      -- a set of ids as the keys of an object: joined, two lists of unknown length would be compared each with each
      select m.*, coalesce((select jsonb_object_agg(d.id, 1) from done d) ? m.run_id::text, false) as run_done from moved m
    ),
    told as (
      insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
      select p.tenant_id, 'steps.settled', (array_agg(p.correlation_id))[1], p_executor, p_owner,
        case when count(distinct p.run_id) = 1 then (array_agg(p.run_id))[1] end,
        case when count(distinct p.run_id) = 1 then jsonb_build_object('run_id', (array_agg(p.run_id))[1]) else '{}' end
        || -- written as text and read once: half the time of building as many objects
        ('{"steps": [' || string_agg('{"step_id":"' || p.id || '","run_id":"' || p.run_id || '","attempt":' || p.epoch || ',"outcome":"' || p.outcome
             || '","status":"' || p.status || '"' || case when p.error is null then '' else ',"error_code":' || coalesce(p.error -> 'code', 'null')::text end || '}', ',')
          || ']' || case when bool_or(p.run_done) then ',"runs": [' || string_agg(case when p.run_done then '{"run_id":"' || p.run_id || '","status":"succeeded"}' end, ',') || ']' else '' end
          || '}')::jsonb
      from planned p group by p.tenant_id, case when not p.run_done then p.run_id end
    )
    select coalesce(array_agg(p.id) filter (where p.status = 'succeeded' and not p.run_done), '{}'),
           coalesce(array_agg(p.id) filter (where p.status in ('failed', 'cancelled')), '{}'),
           array_agg(p.run_id) filter (where not p.run_done),
           coalesce(jsonb_agg(jsonb_build_object('step_id', p.id, 'epoch', p.epoch, 'status', p.status, 'result', 'settled') order by p.n)
             filter (where not p_brief or p.status <> 'succeeded'), '[]')
    into v_succeeded, v_ended, v_open_runs, v_results
    from planned p;

    if v_open_runs is not null then
      perform engine.begin_tasks(v_open_runs);
    end if;
    if v_succeeded <> '{}' or v_ended <> '{}' then
      select * into v_freed from engine.finish(v_succeeded, v_ended, p_executor, p_owner);
      v_for_workers := v_freed.for_workers;
      v_for_agents := v_freed.for_agents;
    end if;
  else
    v_results := '[]';
  end if;

  -- what this call did not move: carried out before (settled), or not the caller's any more (stale)
  if coalesce(cardinality(v_mine), 0) < jsonb_array_length(p_settlements) then
    v_open := array(select i.n from unnest(v_items) i except select m.n from unnest(v_mine) m);
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('step_id', i.step_id, 'epoch', i.epoch, 'status', s.status,
      'result', case when a.outcome = i.outcome then 'settled' else 'stale' end,
      'reason', case when a.outcome = i.outcome then null
        when s.epoch = i.epoch and s.lease_owner = p_owner and s.lease_until > clock_timestamp() then 'conflict'
        else 'lost' end)) order by i.n), '[]')
    into v_rest
    from unnest(v_items) i
    left join public.attempts a on a.step_id = i.step_id and a.epoch = i.epoch and a.executor = p_owner
      and (p_tenant is null or a.tenant_id = p_tenant)
    left join public.steps s on s.id = a.step_id
    where i.n = any (v_open);
    if v_rest @> '[{"result": "stale"}]' then
      perform engine.note_refused(p_owner, p_executor, p_tenant, p_settlements, v_rest);
    end if;
    v_results := v_results || v_rest;
  end if;

  return jsonb_build_object('results', v_results, 'for_workers', v_for_workers, 'for_agents', v_for_agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.settle_letter(p_tenant uuid, p_letter uuid, p_version integer, p_status text, p_evidence text, p_by uuid, p_new uuid, p_member_name text, p_correlation uuid, p_traceparent text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_letter public.dead_letters;
  v_compensation public.compensations;
  v_going uuid;
  v_rest jsonb;
begin
  select d.* into v_letter from public.dead_letters d
  where d.id = p_letter and d.tenant_id = p_tenant and d.stage = 'compensate';
  if not found then
    return null;
  end if;
  -- all letters of that run, in id order: of two that are settled at once the later one sees that nothing else is in the way
  perform from public.dead_letters d
  where d.id = p_letter or d.id in (select l.id from engine.undo_letters((engine.letter_compensation(v_letter)).run_id) l)
  order by d.id for update;
  select d.* into v_letter from public.dead_letters d where d.id = p_letter;
  if v_letter.status not in ('new', 'triaged') or v_letter.version <> coalesce(p_version, v_letter.version) then
    return jsonb_build_object('result', 'conflict', 'status', v_letter.status, 'version', v_letter.version);
  end if;
  v_compensation := engine.letter_compensation(v_letter);
  -- what had to wait for this has no letter: it is undone now or by the last letter, so this is not the time to end one
  select s.run_id into v_going from public.compensations c join public.steps s on s.id = c.undo_step
  where c.run_id = v_compensation.run_id and c.status = 'undoing' limit 1;
  if found then
    return jsonb_build_object('result', 'going', 'run_id', v_going);
  end if;
  update public.dead_letters d set status = 'resolved', version = d.version + 1, last_at = clock_timestamp() where d.id = p_letter;
  update public.compensations c
  set status = p_status, evidence = p_evidence, resolved_by = p_by::text, ended_at = clock_timestamp()
  where c.id = v_compensation.id;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_tenant, 'dead_letter.resolved', p_correlation, 'member', p_by::text, v_letter.run_id,
    jsonb_build_object('dead_letter_id', p_letter, 'run_id', v_letter.run_id, 'step_id', v_letter.step_id, 'stage', v_letter.stage,
      'reason', v_letter.reason, 'version', v_letter.version + 1));
  perform engine.close_questions(array[v_letter.step_id, v_compensation.undo_step], 'member', p_by::text);

  with closed as (
    update public.runs r set compensation = 'done'
    where r.id = v_compensation.run_id and r.compensation = 'failed'
      and not exists (select from public.compensations c where c.run_id = r.id and c.status not in ('undone', 'accepted'))
    returning r.id, r.tenant_id, r.correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select c.tenant_id, 'run.compensated', c.correlation_id, 'member', p_by::text, c.id, jsonb_build_object('run_id', c.id) from closed c;

  if exists (select from public.compensations c where c.run_id = v_compensation.run_id and c.status = 'registered')
    and not exists (select from public.compensations c where c.run_id = v_compensation.run_id and c.status = 'failed')
  then
    v_rest := engine.undo_rest(v_compensation.run_id, p_new, '{}', p_letter, p_by, p_member_name, 'member', p_by::text,
      p_correlation, p_traceparent);
  end if;
  return jsonb_build_object('result', 'resolved', 'rest', v_rest);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.settle_one(p_owner text, p_executor text, p_tenant uuid, p_settlement jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  -- not written out in the query: the planner would see that the index of leases has these too, and read all of it
  c_held constant text[] := '{assigned,running}';
  c_queued constant text[] := '{queued}';
  v_step uuid := (p_settlement ->> 'step_id')::uuid;
  v_epoch bigint := (p_settlement ->> 'epoch')::bigint;
  v_was record;
  v_counted boolean;
  v_ended boolean;
  v_freed record;
  v_for_workers integer := 0;
  v_for_agents integer := 0;
begin
  update public.steps s
  set status = 'succeeded', output = p_settlement -> 'output', error = null, started_at = coalesce(s.started_at, s.claimed_at, clock_timestamp()),
      finalised_at = clock_timestamp(), lease_owner = null, lease_until = null
  where s.id = v_step and s.epoch = v_epoch and s.parent_step_id is null and s.undo is null and s.undo_of is null and s.children_left = 0
    and s.status = any (c_held) and s.lease_owner = p_owner and s.lease_until > clock_timestamp()
    and (p_tenant is null or s.tenant_id = p_tenant)
  returning s.tenant_id, s.run_id, s.correlation_id, s.claimed_at, s.finalised_at,
    array(select d.step_id from public.step_dependencies d where d.depends_on = s.id) as waiting
  into v_was;
  if not found then
    return null;
  end if;
  update public.attempts a
  set finished_at = v_was.finalised_at, outcome = 'succeeded', started_at = coalesce(a.started_at, a.claimed_at)
  where a.step_id = v_step and a.epoch = v_epoch;

  -- steps before runs, as everywhere, and in the order of their ids
  if v_was.waiting <> '{}' then
    if cardinality(v_was.waiting) > 1 then
      perform from public.steps s where s.id = any (v_was.waiting) order by s.id for update;
    end if;
    with freed as (
      update public.steps s
      set deps_left = s.deps_left - 1, holds = case when s.deps_left = 1 then s.holds & ~1 else s.holds end,
          run_at = case when s.deps_left = 1 then clock_timestamp() else s.run_at end
      where s.id = any (v_was.waiting) and s.status = any (c_queued)
      returning s.executor, s.holds
    )
    select count(*) filter (where f.executor = 'worker'), count(*) filter (where f.executor = 'agent') into v_for_workers, v_for_agents
    from freed f where f.holds = 0;
  end if;

  -- a step of several, or a task that is all its run has
  update public.runs r
  set steps_left = r.steps_left - 1, status = case when r.steps_left = 1 then 'succeeded' else r.status end,
      finished_at = case when r.steps_left = 1 then v_was.finalised_at end, started_at = coalesce(r.started_at, v_was.claimed_at)
  where r.id = v_was.run_id and r.redrive_of is null and (
    (r.steps_left > 1 and r.status = 'running'
      and not exists (select from public.dead_letters d where d.redrive_run = r.id and d.status = 'redriving'))
    or (r.steps_left = 1 and r.plan_id is null and r.step_count = 1 and r.compensation = 'none' and r.outcome is null
      and r.status in ('queued', 'running')))
  returning r.steps_left = 0 into v_ended;
  v_counted := found;

  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (v_was.tenant_id, 'steps.settled', v_was.correlation_id, p_executor, p_owner, v_was.run_id,
    ('{"run_id":"' || v_was.run_id || '","steps":[{"step_id":"' || v_step || '","run_id":"' || v_was.run_id || '","attempt":' || v_epoch
      || ',"outcome":"succeeded","status":"succeeded"}]'
      || case when v_ended then ',"runs":[{"run_id":"' || v_was.run_id || '","status":"succeeded"}]' else '' end || '}')::jsonb);

  if not v_counted then
    perform engine.begin_tasks(array[v_was.run_id]);
    perform engine.dead_letter_followup(array[v_step], '{}');
    select * into v_freed from engine.count_down(array[v_step], p_executor, p_owner);
    v_for_workers := v_for_workers + v_freed.for_workers;
    v_for_agents := v_for_agents + v_freed.for_agents;
  end if;
  return jsonb_build_object(
    'results', jsonb_build_array(jsonb_build_object('step_id', v_step, 'epoch', v_epoch, 'status', 'succeeded', 'result', 'settled')),
    'for_workers', v_for_workers, 'for_agents', v_for_agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.settle_tasks(p_owner text, p_settlements jsonb)
 RETURNS uuid[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  -- as in engine.settle_one
  c_held constant text[] := '{assigned,running}';
  v_steps uuid[];
  v_epochs bigint[];
  v_outputs jsonb[];
  v_moved uuid[];
begin
  -- calls bring steps of one kind, mostly: where the first is of a plan the statement below, dear to begin, would move none
  if not exists (select from public.steps s where s.id = (p_settlements -> 0 ->> 'step_id')::uuid and s.plan_step_id is null) then
    return null;
  end if;

  select array_agg(i.step_id order by i.step_id), array_agg(i.epoch order by i.step_id), array_agg(i.output order by i.step_id)
  into v_steps, v_epochs, v_outputs
  from jsonb_to_recordset(p_settlements) as i (step_id uuid, epoch bigint, outcome text, output jsonb, dependency text)
  where i.outcome = 'succeeded' and i.dependency is null;

  with moved as (
    update public.steps s
    set status = 'succeeded', output = i.output, error = null, started_at = coalesce(s.started_at, s.claimed_at), finalised_at = clock_timestamp(),
        lease_owner = null, lease_until = null
    from unnest(v_steps, v_epochs, v_outputs) as i (id, epoch, output)
    where s.id = i.id and s.epoch = i.epoch and s.status = any (c_held) and s.lease_owner = p_owner
      and s.lease_until > clock_timestamp() and s.plan_step_id is null and s.parent_step_id is null and s.undo is null and s.undo_of is null
      and s.children_left = 0 and s.claimed_at is not null
      -- asked a row: as a join it would begin at the runs
      and (
        select r.plan_id is null and r.step_count = 1 and r.steps_left = 1 and r.redrive_of is null
          and r.compensation = 'none' and r.outcome is null and r.cancel_requested_at is null and r.status in ('queued', 'running')
        from public.runs r where r.id = s.run_id)
    returning s.id, s.tenant_id, s.run_id, s.epoch, s.correlation_id, s.claimed_at
  ),
  recorded as (
    update public.attempts a
    set finished_at = clock_timestamp(), outcome = 'succeeded', started_at = coalesce(a.started_at, a.claimed_at)
    -- of a step's attempts the open one is that of the lease
    where a.step_id = any (array(select m.id from moved m)) and a.outcome is null
  ),
  -- a look-up a row: a run of one step that is this call's: nobody else moves it but who holds the step
  done as (
    update public.runs r
    set steps_left = 0, status = 'succeeded', finished_at = clock_timestamp(), started_at = coalesce(r.started_at, m.claimed_at)
    from moved m where r.id = m.run_id
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'steps.settled', (array_agg(m.correlation_id))[1], 'worker', p_owner, case when count(*) = 1 then (array_agg(m.run_id))[1] end,
      ('{"steps": [' || string_agg('{"step_id":"' || m.id || '","run_id":"' || m.run_id || '","attempt":' || m.epoch
          || ',"outcome":"succeeded","status":"succeeded"}', ',')
        || '],"runs": [' || string_agg('{"run_id":"' || m.run_id || '","status":"succeeded"}', ',') || ']}')::jsonb
    from moved m group by m.tenant_id
  )
  select array_agg(m.id) into v_moved from moved m;
  return v_moved;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.snapshot_stored(p_id uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.audit_snapshots s set body = null, stored_at = clock_timestamp() where s.id = p_id and s.stored_at is null
$function$
;

CREATE OR REPLACE FUNCTION engine.snapshots_to_store(p_limit integer)
 RETURNS TABLE(id uuid, tenant_id uuid, plan_id uuid, digest text, body text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select s.id, s.tenant_id, s.plan_id, s.digest, s.body from public.audit_snapshots s where s.stored_at is null order by s.id limit p_limit
$function$
;

CREATE OR REPLACE FUNCTION engine.spawn(p_tenant uuid, p_step uuid, p_epoch bigint, p_children jsonb, p_max integer DEFAULT 1000)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps := engine.owned(p_tenant, p_step, p_epoch);
  v_run public.runs;
  v_node public.run_agent_hierarchy;
  v_new jsonb;
  v_created uuid[] := '{}';
  v_depth integer;
  v_children integer;
  v_refused jsonb;
begin
  perform engine.mark_running(v_step);
  v_depth := cardinality(app.steps_above(p_step));

  if exists (
    select from jsonb_to_recordset(p_children) as c (name text)
    join public.steps s on s.run_id = v_step.run_id and s.name = v_step.name || '.' || c.name
    where s.parent_step_id is distinct from p_step
  ) then
    raise unique_violation using message = 'a step of this name is not a child of this one';
  end if;

  -- who holds the parent is alone in adding to it
  select jsonb_agg(c.child || jsonb_build_object('id', app.uuid7()) order by c.n) into v_new
  from (
    select distinct on (i.child ->> 'name') i.child, i.n from jsonb_array_elements(p_children) with ordinality as i (child, n)
    order by i.child ->> 'name', i.n
  ) c
  where not exists (select from public.steps s where s.run_id = v_step.run_id and s.name = v_step.name || '.' || (c.child ->> 'name'));

  if v_new is not null then
    v_children := (select count(*) from public.steps c where c.parent_step_id = p_step);
    if v_depth > 8 or jsonb_array_length(v_new) + v_children > p_max then
      raise program_limit_exceeded using message = 'too many children', detail = case when v_depth > 8
        then jsonb_build_object('quota', 'depth', 'limit', 8, 'used', v_depth - 1, 'asked', 1)
        else jsonb_build_object('quota', 'fan_out', 'limit', p_max, 'used', v_children, 'asked', jsonb_array_length(v_new)) end::text;
    end if;
    v_node := engine.node_of(v_step);
    v_refused := engine.reserve_children(v_step, v_node, v_new, v_depth);
  end if;

  -- the run is locked before steps are added to it: who cancels or pauses it either sees them or is seen here
  select r.* into v_run from public.runs r where r.id = v_step.run_id for no key update;
  if v_refused is null and v_new is not null and v_step.cancel_requested_at is null and v_run.cancel_requested_at is null then
    with added as (
      insert into public.steps (id, tenant_id, run_id, parent_step_id, name, title, kind, kind_version, executor, capability, priority,
        position, arguments, token, holds, max_failures, deadline_ms, correlation_id, causation_id, traceparent, preferred_agent_id, preferred_until)
      select c.id, v_step.tenant_id, v_step.run_id, p_step, v_step.name || '.' || c.name, c.title, c.kind, coalesce(c.kind_version, 1),
        c.executor, c.capability, coalesce(c.priority, v_step.priority), v_step.position, c.arguments,
        encode(sha256(convert_to(v_step.token || '|' || c.name, 'UTF8')), 'hex'),
        case when v_run.paused_at is null then 0 else 256 end, coalesce(c.max_failures, 3),
        coalesce(c.deadline_ms, 86400000), v_step.correlation_id, v_step.causation_id, v_step.traceparent, c.preferred_agent_id,
        case when c.preferred_agent_id is not null then clock_timestamp() + make_interval(secs => c.preferred_seconds) end
      from jsonb_to_recordset(v_new) as c (id uuid, name text, title text, kind text, kind_version smallint, executor text, capability text,
        arguments jsonb, priority smallint, max_failures integer, deadline_ms bigint, preferred_agent_id uuid, preferred_seconds double precision)
      returning id
    )
    select coalesce(array_agg(a.id), '{}') into v_created from added a;
    insert into public.run_agent_hierarchy (tenant_id, run_id, session_id, parent_id, step_id, role, depth, path, region)
    select v_node.tenant_id, v_node.run_id, v_node.session_id, v_node.id, c.id, coalesce(c.role, 'worker'), v_node.depth + 1,
      v_node.path || '/' || c.name, v_node.region
    from jsonb_to_recordset(v_new) as c (id uuid, name text, role text);
    update public.steps s set children_left = s.children_left + cardinality(v_created) where s.id = p_step;
    update public.runs r
    set steps_left = r.steps_left + cardinality(v_created), step_count = r.step_count + cardinality(v_created)
    where r.id = v_step.run_id;
  end if;

  return jsonb_build_object(
    'children', (
      select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'step_id', s.id, 'status', s.status,
        'created', coalesce(s.id = any (v_created), false)) order by s.id), '[]')
      from jsonb_to_recordset(p_children) as c (name text)
      join public.steps s on s.run_id = v_step.run_id and s.name = v_step.name || '.' || c.name),
    'refused', v_refused,
    'for_workers', (select count(*) from public.steps s where s.id = any (v_created) and s.executor = 'worker' and s.holds = 0),
    'for_agents', (select count(*) from public.steps s where s.id = any (v_created) and s.executor = 'agent' and s.holds = 0));
end
$function$
;

CREATE OR REPLACE FUNCTION engine.stand(p_role text, p_holder text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_term bigint;
begin
  if not pg_try_advisory_lock(engine.leader_lock(p_role, 1)) then
    return null;
  end if;
  -- writes of the term before that have begun are waited for
  perform pg_advisory_xact_lock(engine.leader_lock(p_role, 2));
  insert into engine.leaders as l (role, term, holder, since) values (p_role, 1, p_holder, clock_timestamp())
  on conflict (role) do update set term = l.term + 1, holder = excluded.holder, since = excluded.since
  returning l.term into v_term;
  return v_term;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.start_run(p_tenant uuid, p_run uuid, p_plan uuid, p_workspace text, p_step_count integer, p_versions jsonb, p_actor_type text, p_actor_id text, p_correlation uuid, p_causation uuid, p_traceparent text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET jit TO 'off'
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  insert into public.runs (id, tenant_id, plan_id, workspace, step_count, steps_left, correlation_id, causation_id, traceparent,
    created_by_type, created_by)
  values (p_run, p_tenant, p_plan, p_workspace, p_step_count, p_step_count, p_correlation, p_causation, p_traceparent,
    p_actor_type, p_actor_id);
  insert into public.steps (tenant_id, run_id, plan_step_id, name, title, kind, kind_version, executor, capability, queue, priority, position,
    arguments, token, sensitive, undo, pivot, max_failures, deadline_ms, holds, deps_left, correlation_id, causation_id, traceparent)
  select s.tenant_id, p_run, s.id, s.name, s.title, s.kind, (p_versions ->> s.kind)::smallint, s.executor, s.capability, s.queue, s.priority,
    s.position, s.arguments, s.token, s.sensitive, s.undo, s.pivot, s.max_failures, s.deadline_seconds * 1000::bigint,
    case when cardinality(s.needs) > 0 then 1 else 0 end | case when s.sensitive and a.status is distinct from 'approved' then 2 else 0 end,
    cardinality(s.needs), p_correlation, p_causation, p_traceparent
  from public.plan_steps s
  left join lateral (
    select a.status from public.approvals a where a.plan_step_id = s.id and a.run_id = p_run
  ) a on s.sensitive
  where s.plan_id = p_plan and s.tenant_id = p_tenant
  order by s.position;
  perform engine.depend(p_run);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.stats()
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_limit constant integer := 10000;
begin
  return jsonb_build_object(
    'queue', (
      select jsonb_agg(jsonb_build_object('executor', e.executor, 'depth', q.depth, 'oldest_seconds', coalesce(q.oldest, 0)))
      from unnest(array['worker', 'agent']) as e (executor)
      cross join lateral (
        select count(*) as depth, extract(epoch from clock_timestamp() - min(c.run_at)) as oldest
        from (
          (select s.run_at from public.steps s
           where e.executor = 'worker' and s.executor = 'worker' and s.status = 'queued' and s.holds = 0
             and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
           limit v_limit)
          union all
          (select s.run_at from public.steps s
           where e.executor = 'worker' and s.executor = 'worker' and s.status = 'queued' and s.holds = 0
             and s.crashes > 0 and s.crashes + 1 >= s.max_crashes
           limit v_limit)
          union all
          (select s.run_at from public.steps s
           where e.executor = 'agent' and s.executor = 'agent' and s.status = 'queued' and s.holds = 0
           limit v_limit)
          limit v_limit
        ) as c
        where c.run_at <= clock_timestamp()
      ) as q),
    'in_flight', (
      select count(*) from (
        select from public.steps s where s.status in ('assigned', 'running') limit v_limit) as held),
    'holds', (
      select jsonb_object_agg(b.name, coalesce(b.n, 0)) from (
        select bits.name, sum(h.n) filter (where h.holds & bits.bit <> 0) as n
        from (values ('dependency', 1), ('approval', 2), ('children', 4), ('timer', 8), ('event', 16), ('message', 32),
          ('quota', 64), ('person', 128), ('paused', 256)) as bits (name, bit)
        left join (
          select held.holds, count(*) as n from (
            select s.holds from public.steps s where s.status = 'queued' and s.holds <> 0 limit v_limit
          ) as held group by held.holds
        ) as h on true
        group by bits.name
      ) as b),
    'dead_letters', (
      select coalesce(jsonb_agg(jsonb_build_object('stage', d.stage, 'reason', d.reason, 'count', d.n)), '[]') from (
        select l.stage, l.reason, count(*) as n from public.dead_letters l
        where l.status in ('new', 'triaged') group by l.stage, l.reason
      ) as d),
    'seal', (
      select jsonb_build_object('unsealed', count(*), 'lag_seconds', coalesce(extract(epoch from clock_timestamp() - min(u.at)), 0))
      from (select e.at from public.events e where e.seq is null order by e.xid, e.id limit v_limit) as u),
    'workers', (
      select jsonb_object_agg(w.status, w.n) from (
        select k.status, count(d.name) as n
        from unnest(array['active', 'draining', 'silent']) as k (status)
        left join public.worker_devices d on d.status <> 'stopped'
          and k.status = case when d.seen_at < clock_timestamp() - interval '15 s' then 'silent' else d.status end
        group by k.status
      ) as w),
    -- events of types that an endpoint did not ask for count too: they are passed over when their turn comes
    'webhooks', (
      select jsonb_build_object('behind', coalesce(sum(h.seq - c.seq), 0), 'failing', count(*) filter (where c.failing_since is not null))
      from public.webhook_cursors c
      join public.webhooks w on w.id = c.webhook_id and w.status = 'active'
      join public.event_heads h on h.tenant_id = c.tenant_id)
  );
end
$function$
;

CREATE OR REPLACE FUNCTION engine.store_message(p_tenant uuid, p jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_known record;
  v_conversation public.conversations;
  v_message uuid := coalesce((p ->> 'id')::uuid, app.uuid7());
  v_step uuid := (p ->> 'from_step')::uuid;
  v_to uuid := case when p ->> 'kind' = 'step' then (p ->> 'of_id')::uuid end;
  v_run uuid := (p ->> 'run_id')::uuid;
  v_run_seq bigint;
  v_standing bigint;
  v_wait uuid;
  v_taken record;
  v_workers integer := 0;
  v_agents integer := 0;
begin
  if v_step is null and p ->> 'sent_as' is not null then
    perform pg_advisory_xact_lock(hashtextextended(concat_ws('|', 'nofx.sent', p ->> 'sender_id', p ->> 'sent_as'), 0));
  end if;
  select m.id, m.conversation_id, m.conversation_seq into v_known
  from public.agent_messages m
  where m.sent_as = p ->> 'sent_as'
    and case when v_step is null then m.step_id is null and m.sender_id = p ->> 'sender_id' else m.step_id = v_step end
    and m.tenant_id = p_tenant;
  if found then
    return jsonb_build_object('message_id', v_known.id, 'conversation_id', v_known.conversation_id, 'seq', v_known.conversation_seq,
      'repeated', true, 'ended', false, 'for_workers', 0, 'for_agents', 0);
  end if;

  -- a KEK cannot be retired before this commits
  if p ->> 'kek' is not null then
    perform from app.keks k where k.kid = p ->> 'kek' and k.status <> 'retired' for key share;
    if not found then
      return jsonb_build_object('kek_refused', true);
    end if;
  end if;

  -- the run first, for every message of it: two that send twice in other orders do not wait for each other in a circle
  if v_run is not null then
    insert into public.conversations as c (tenant_id, kind, of_id, channel, run_id, seq) values (p_tenant, 'run', v_run, '*', v_run, 1)
    on conflict (tenant_id, kind, of_id, channel) do update set seq = c.seq + 1 returning seq into v_run_seq;
  end if;
  insert into public.conversations (tenant_id, kind, of_id, channel, run_id)
  values (p_tenant, p ->> 'kind', (p ->> 'of_id')::uuid, p ->> 'channel',
    case when p ->> 'kind' in ('run', 'session', 'step') then v_run end)
  on conflict (tenant_id, kind, of_id, channel) do nothing;
  select c.* into v_conversation from public.conversations c
  where c.tenant_id = p_tenant and c.kind = p ->> 'kind' and c.of_id = (p ->> 'of_id')::uuid and c.channel = p ->> 'channel'
  for update;
  if p ? 'expect' then
    select coalesce(max(m.conversation_seq), 0) into v_standing
    from public.agent_messages m where m.conversation_id = v_conversation.id and m.board_key = p ->> 'key';
    if v_standing <> (p ->> 'expect')::bigint then
      -- the run's number was not used: it is given back
      update public.conversations c set seq = c.seq - 1 where v_run is not null and c.tenant_id = p_tenant and c.kind = 'run'
        and c.of_id = v_run and c.channel = '*';
      return jsonb_build_object('conflict', v_standing, 'head', v_conversation.seq);
    end if;
  end if;
  update public.conversations c set seq = c.seq + 1 where c.id = v_conversation.id returning c.* into v_conversation;

  insert into public.agent_messages (id, tenant_id, run_id, step_id, to_step, to_agent, session_id, channel, type, version,
    correlation_id, causation_id, traceparent, payload, sealed, content_hash, class, refs, board_key, sent_as, sender_type, sender_id,
    sender_name, conversation_id, conversation_seq, run_seq)
  values (v_message, p_tenant, v_run, v_step, v_to, case when p ->> 'kind' = 'agent' then (p ->> 'of_id')::uuid end,
    case when p ->> 'kind' = 'session' then (p ->> 'of_id')::uuid end, p ->> 'channel', p ->> 'type', coalesce((p ->> 'version')::smallint, 1),
    (p ->> 'correlation_id')::uuid, (p ->> 'causation_id')::uuid, p ->> 'traceparent', p -> 'payload', decode(p ->> 'sealed', 'base64'),
    p ->> 'content_hash', coalesce(p ->> 'class', 'standard'), nullif(p -> 'refs', 'null'), p ->> 'key', p ->> 'sent_as',
    case when p ->> 'sender_type' in ('agent', 'member') then p ->> 'sender_type' else 'system' end, p ->> 'sender_id', coalesce(p ->> 'sender_name', ''), v_conversation.id, v_conversation.seq, v_run_seq);
  if p ? 'wrapped' then
    insert into public.content_keys (id, tenant_id, item, wrapped, kek)
    values (v_message, p_tenant, 'message', decode(p ->> 'wrapped', 'base64'), p ->> 'kek');
  end if;
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  values (p_tenant, 'message.sent', (p ->> 'correlation_id')::uuid, p ->> 'sender_type', p ->> 'sender_id', v_run,
    jsonb_strip_nulls(jsonb_build_object('message_id', v_message, 'run_id', v_run, 'step_id', v_to)));

  -- Whoever holds two steps here holds its own first: the other is not waited for, the whole call is tried again (55P03).
  if v_to is not null and exists (
    select from public.waits w where w.step_id = v_to and w.kind = 'message' and w.topic = p ->> 'channel' and w.status = 'open')
  then
    if v_step is null then
      perform from public.steps s where s.id = v_to for update;
    else
      perform from public.steps s where s.id = v_to for update nowait;
    end if;
    select w.id into v_wait from public.waits w
    where w.step_id = v_to and w.kind = 'message' and w.topic = p ->> 'channel' and w.status = 'open' limit 1;
    if found then
      select * into v_taken from engine.take_message(v_wait, v_to, p ->> 'channel');
      select m.for_workers, m.for_agents into v_workers, v_agents
      from engine.meet_waits(array[v_wait], jsonb_build_object(v_wait, v_taken.payload), jsonb_build_object(v_wait, v_taken.id),
        p ->> 'sender_type', p ->> 'sender_id') m;
    end if;
  end if;
  return jsonb_build_object('message_id', v_message, 'conversation_id', v_conversation.id, 'seq', v_conversation.seq, 'repeated', false,
    'ended', false, 'for_workers', v_workers, 'for_agents', v_agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.stricter(p_a jsonb, p_b jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select jsonb_strip_nulls(p_a || p_b || jsonb_build_object(
    'quorum', greatest(coalesce((p_a ->> 'quorum')::integer, 1), coalesce((p_b ->> 'quorum')::integer, 1)),
    'groups', (
      select coalesce(jsonb_agg(jsonb_build_object('group', g.name, 'k', g.k) order by g.name), '[]')
      from (
        select e ->> 'group' as name, max(coalesce((e ->> 'k')::integer, 1)) as k
        from jsonb_array_elements(coalesce(p_a -> 'groups', '[]') || coalesce(p_b -> 'groups', '[]')) e group by 1
      ) g),
    'veto', case when p_a ? 'veto' and p_b ? 'veto' then (p_a ->> 'veto')::boolean or (p_b ->> 'veto')::boolean
      else coalesce((p_a ->> 'veto')::boolean, (p_b ->> 'veto')::boolean, true) end,
    'shared', case when p_a ? 'shared' and p_b ? 'shared' then (p_a ->> 'shared')::boolean and (p_b ->> 'shared')::boolean
      else coalesce((p_a ->> 'shared')::boolean, (p_b ->> 'shared')::boolean, false) end,
    'escalateTo', case when p_a ->> 'escalateTo' is not null or engine.names_groups(p_a) then p_a ->> 'escalateTo'
      else p_b ->> 'escalateTo' end,
    'onExpiry', coalesce(p_a ->> 'onExpiry', p_b ->> 'onExpiry')))
$function$
;

CREATE OR REPLACE FUNCTION engine.suspend(p_step steps, p_bits integer, p_hold text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_step.cancel_requested_at is not null then
    update public.steps s
    set status = 'cancelled', finalised_at = clock_timestamp(), lease_owner = null, lease_until = null,
        started_at = coalesce(s.started_at, clock_timestamp())
    where s.id = p_step.id;
  else
    update public.steps s
    set status = 'queued', holds = s.holds | p_bits, lease_owner = null, lease_until = null, run_at = clock_timestamp(),
        held_at = clock_timestamp(), started_at = coalesce(s.started_at, clock_timestamp())
    where s.id = p_step.id;
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_step.tenant_id, 'step.held', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
      jsonb_build_object('step_id', p_step.id, 'run_id', p_step.run_id, 'hold', p_hold));
  end if;

  update public.attempts a
  set finished_at = clock_timestamp(), started_at = coalesce(a.started_at, a.claimed_at),
      outcome = case when p_step.cancel_requested_at is null then 'suspended' else 'cancelled' end
  where a.step_id = p_step.id and a.epoch = p_step.epoch;

  if p_step.cancel_requested_at is not null then
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (p_step.tenant_id, 'steps.settled', p_step.correlation_id, p_step.executor, p_step.lease_owner, p_step.run_id,
      jsonb_build_object('run_id', p_step.run_id, 'steps', jsonb_build_array(jsonb_build_object('step_id', p_step.id,
        'run_id', p_step.run_id, 'attempt', p_step.epoch, 'outcome', 'cancelled', 'status', 'cancelled'))));
    perform engine.finish('{}', array[p_step.id], p_step.executor, p_step.lease_owner);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.sweep_budgets(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  v_expired uuid[] := array(
    select r.id from public.budget_reservations r
    where r.state = 'open' and r.expires_at <= clock_timestamp()
    order by r.id limit p_limit for update skip locked);
begin
  if v_expired <> '{}' then
    perform app.lock_counters('{}', v_expired);
    perform app.free_holds(v_expired, 'expired');
  end if;
  delete from public.budget_reservations r
  where r.id in (
    select o.id from public.budget_reservations o
    where o.state <> 'open' and o.ended_at < clock_timestamp() - interval '2 days'
    order by o.ended_at limit p_limit for update skip locked);
  delete from public.budget_counters c
  where (c.budget_id, c.subject, c.starts_at) in (
    select o.budget_id, o.subject, o.starts_at
    from public.budget_counters o
    where o.forget_at < clock_timestamp() and o.reserved = 0
    order by o.forget_at limit p_limit for update skip locked);
  delete from public.budgets b
  where b.id in (
    select o.id from public.budgets o
    where o.session_id is not null and o.removed_at < clock_timestamp() - interval '2 days'
    order by o.removed_at limit p_limit for update skip locked);
  return cardinality(v_expired);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.sweep_messages(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_due record;
  v_name text;
  v_gone uuid[];
  v_conversations uuid[];
  v_count integer := 0;
begin
  for v_due in
    select b.* from engine.messages_before() b
    -- of thousands of tenants few have anything due; where all is held, nothing is
    where (exists (select from public.agent_messages m where m.tenant_id = b.tenant_id and m.class = b.class and m.at < b.before)
        or exists (select from public.agent_messages_history m where m.tenant_id = b.tenant_id and m.class = b.class and m.at < b.before))
      and not engine.is_held(b.tenant_id, null, null, null)
    order by random()
  loop
    foreach v_name in array array['agent_messages', 'agent_messages_history'] loop
      exit when v_count >= p_limit;
      execute format($sql$
        with due as (
          select m.id from public.%1$I m
          where m.tenant_id = $1 and m.class = $2 and m.at < $3
            and not engine.is_held(m.tenant_id, m.id, m.conversation_id, m.run_id)
            and (m.to_step is null or m.consumed_by is not null or not exists (
              select from public.steps s where s.id = m.to_step and s.status not in ('succeeded', 'failed', 'cancelled')))
          order by m.at limit $4 for update skip locked
        ),
        gone as (delete from public.%1$I m using due d where m.id = d.id returning m.id, m.conversation_id)
        select coalesce(array_agg(g.id), '{}'), coalesce(array_agg(distinct g.conversation_id), '{}') from gone g
      $sql$, v_name) into v_gone, v_conversations using v_due.tenant_id, v_due.class, v_due.before, p_limit - v_count;
      delete from public.content_keys k where k.id = any (v_gone);
      delete from public.conversations c
      where c.id = any (v_conversations) and c.run_id is not null
        and not exists (select from public.runs_all r where r.id = c.run_id)
        and not exists (select from public.agent_messages_all m where m.conversation_id = c.id);
      v_count := v_count + cardinality(v_gone);
    end loop;
  end loop;
  return v_count;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.sweep_model_answers(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION engine.sweep_model_calls(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION engine.take(p_queue text, p_tenant uuid, p_groups engine.claim_group[], p_owner text, p_want integer, p_taken uuid[])
 RETURNS uuid[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_ruled boolean := engine.ruled(p_tenant);
  v_band record;
  v_handler text;
  v_some uuid[];
  v_allowed integer;
  v_ids uuid[];
  v_handlers text[];
  v_times timestamptz[];
  v_taken uuid[] := '{}';
  v_left integer := p_want;
begin
  for v_band in
    select g.priority, array_agg(g.handler) as handlers, min(g.run_at) as since from unnest(p_groups) g where g.tenant_id = p_tenant
    group by g.priority order by g.priority
  loop
    exit when v_left <= 0;
    if cardinality(v_band.handlers) = 1 and not v_ruled then
      v_taken := v_taken || array(
        select s.id from public.steps s
        where s.queue = p_queue and s.tenant_id = p_tenant and s.handler = v_band.handlers[1] and s.priority = v_band.priority
          and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
          and s.run_at between v_band.since and clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
          and (p_taken = '{}' or s.id <> all (p_taken))
        order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at, s.id
        limit v_left for update skip locked);
    else
      v_ids := '{}'; v_handlers := '{}'; v_times := '{}';
      foreach v_handler in array v_band.handlers loop
        v_allowed := v_left;
        if v_ruled then
          v_allowed := engine.allow(p_tenant, p_queue, v_handler, p_owner, v_left);
          continue when v_allowed <= 0;
        end if;
        with due as (
          select s.id, s.run_at from public.steps s
          where s.queue = p_queue and s.tenant_id = p_tenant and s.handler = v_handler and s.priority = v_band.priority
            and s.status = 'queued' and s.holds = 0 and s.executor = 'worker' and (s.crashes = 0 or s.crashes + 1 < s.max_crashes)
            and s.run_at between v_band.since and clock_timestamp() and (s.deadline_at is null or s.deadline_at > clock_timestamp())
            and (p_taken = '{}' or s.id <> all (p_taken))
          order by s.queue, s.tenant_id, s.handler, s.priority, s.run_at, s.id
          limit v_allowed for update skip locked
        )
        select v_ids || coalesce(array_agg(due.id), '{}'), v_times || coalesce(array_agg(due.run_at), '{}'),
          v_handlers || array_fill(v_handler, array[count(*)::integer])
        into v_ids, v_times, v_handlers from due;
        if v_ruled then
          -- what is allowed and not there is given back at once, what the merge leaves below
          perform engine.give_back(p_tenant, p_queue, v_handler, p_owner, v_allowed - (
            select count(*)::integer from unnest(v_handlers) h where h = v_handler));
        end if;
      end loop;
      v_some := array(select t.id from unnest(v_ids, v_times) as t (id, at) order by t.at, t.id limit v_left);
      if v_ruled then
        perform engine.give_back(p_tenant, p_queue, left_over.handler, p_owner, left_over.n)
        from (
          select t.handler, count(*)::integer as n from unnest(v_ids, v_handlers) as t (id, handler)
          where t.id <> all (v_some) group by t.handler
        ) left_over;
      end if;
      v_taken := v_taken || v_some;
    end if;
    v_left := p_want - cardinality(v_taken);
  end loop;
  return v_taken;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.take_message(p_wait uuid, p_step uuid, p_channel text)
 RETURNS TABLE(id uuid, payload jsonb)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  update public.agent_messages m set consumed_by = p_wait, acknowledged_at = clock_timestamp()
  where m.id = (
    select o.id from public.agent_messages o
    where o.to_step = p_step and o.channel = p_channel and o.consumed_by is null
    order by o.seq limit 1)
  returning m.id, jsonb_build_object('message_id', m.id, 'from_step', m.step_id, 'channel', m.channel, 'sent_at', m.at,
    'payload', m.payload, 'sealed', m.payload is null)
$function$
;

CREATE OR REPLACE FUNCTION engine.tell_of_worker(p_name text, p_type text, p_payload jsonb)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
  select t.id, p_type, app.uuid7(), 'worker', p_name, p_payload || jsonb_build_object('worker', p_name)
  from public.tenants t where t.operates_plane
$function$
;

CREATE OR REPLACE FUNCTION engine.undo_letters(p_run uuid)
 RETURNS SETOF dead_letters
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select d from public.compensations c
  join public.steps undo on undo.undo_of = c.step_id
  join public.dead_letters d on d.step_id = undo.id
  where c.run_id = p_run and undo.name = (select s.name from public.steps s where s.id = c.undo_step)
$function$
;

CREATE OR REPLACE FUNCTION engine.undo_rest(p_run uuid, p_new uuid, p_edits jsonb, p_redrive_of uuid, p_member uuid, p_member_name text, p_actor_type text, p_actor_id text, p_correlation uuid, p_traceparent text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run public.runs;
  v_root uuid;
  v_event uuid := app.uuid7();
  v_comp uuid[];
  v_old uuid[];
  v_new uuid[];
  v_busy uuid;
  v_approvals integer;
  v_letters jsonb;
  v_freed record;
begin
  select r.* into strict v_run from public.runs r where r.id = p_run;
  v_root := coalesce(v_run.workspace_run, v_run.id);
  perform from public.dead_letters d where d.id in (select l.id from engine.undo_letters(p_run) l) order by d.id for update;
  perform from public.runs r where r.id = v_root for no key update;
  if v_run.finished_at is null then
    return jsonb_build_object('result', 'going', 'run_id', p_run, 'status', v_run.status);
  end if;
  select r.id into v_busy from public.runs r
  where (r.id = v_root or r.workspace_run = v_root) and r.status in ('queued', 'running') limit 1;
  if found then
    return jsonb_build_object('result', 'busy', 'run_id', v_busy);
  end if;

  select array_agg(c.id), array_agg(c.undo_step), array_agg(app.uuid7()) into v_comp, v_old, v_new
  from (
    select c.id, c.undo_step from public.compensations c where c.run_id = p_run and c.status in ('failed', 'registered') order by c.seq desc
  ) c;
  if v_comp is null then
    return jsonb_build_object('result', 'conflict', 'status', 'undone');
  end if;

  insert into public.runs (id, tenant_id, plan_id, title, workspace, workspace_run, forked_from, redrive_of, compensate, undo_order,
    step_count, steps_left, correlation_id, causation_id, traceparent, created_by_type, created_by)
  values (p_new, v_run.tenant_id, v_run.plan_id, v_run.title, v_run.workspace, v_root, p_run, p_redrive_of, false, v_run.undo_order,
    cardinality(v_comp), cardinality(v_comp), p_correlation, v_event, p_traceparent, 'member', p_member);

  insert into public.steps (id, tenant_id, run_id, name, title, kind, kind_version, executor, capability, queue, priority, position,
    arguments, token, sensitive, undo_of, max_failures, max_crashes, deadline_ms, holds, correlation_id, causation_id, traceparent)
  select m.new, o.tenant_id, p_new, o.name, o.title, o.kind, o.kind_version, o.executor, o.capability, o.queue, o.priority, m.n,
    coalesce(e.edit -> 'arguments', c.arguments), 'undo:' || c.id || coalesce(':' || (e.edit ->> 'digest'), ''), e.edit is not null,
    o.undo_of, o.max_failures, o.max_crashes, o.deadline_ms, case when e.edit is null then 0 else 2 end,
    p_correlation, v_event, p_traceparent
  from unnest(v_comp, v_old, v_new) with ordinality as m (comp, old, new, n)
  join public.compensations c on c.id = m.comp
  join public.steps o on o.id = m.old
  cross join lateral (select p_edits -> o.name as edit) as e;

  insert into public.checkpoints (step_id, name, tenant_id, value, epoch, created_at)
  select m.new, k.name, k.tenant_id, k.value, k.epoch, k.created_at
  from unnest(v_old, v_new) as m (old, new) join public.checkpoints k on k.step_id = m.old join public.steps o on o.id = m.old
  where not p_edits ? o.name;

  insert into public.step_dependencies (step_id, depends_on, tenant_id, required)
  select a.new, b.new, d.tenant_id, true
  from unnest(v_old, v_new) as a (old, new)
  join public.step_dependencies d on d.step_id = a.old and d.required
  join unnest(v_old, v_new) as b (old, new) on b.old = d.depends_on;
  if v_run.undo_order = 'completion' then
    insert into public.step_dependencies (step_id, depends_on, tenant_id, required)
    select m.new, m.later, v_run.tenant_id, false
    from (select w.new, lag(w.new) over (order by w.n) as later from unnest(v_new) with ordinality as w (new, n)) m
    where m.later is not null
    on conflict (depends_on, step_id) do nothing;
  end if;
  update public.steps s set deps_left = d.n, holds = s.holds | 1
  from (select d.step_id, count(*)::integer as n from public.step_dependencies d where d.step_id = any (v_new) group by d.step_id) d
  where s.id = d.step_id;

  -- letters of an earlier attempt to undo count as letters of the run whose effects these are
  with open_letters as (
    select l.id from engine.undo_letters(p_run) l where l.status in ('new', 'triaged')
  ),
  moved as (
    update public.dead_letters d
    set status = 'redriving', redrive_run = p_new, version = d.version + 1
    from open_letters l where d.id = l.id
    returning d.id, d.tenant_id, d.run_id, d.step_id, d.stage, d.reason, d.version
  ),
  told as (
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    select m.tenant_id, 'dead_letter.redriven', p_correlation, p_actor_type, p_actor_id, p_new,
      jsonb_build_object('dead_letter_id', m.id, 'run_id', m.run_id, 'step_id', m.step_id, 'stage', m.stage, 'reason', m.reason,
        'version', m.version, 'redrive_run', p_new)
    from moved m
  )
  select coalesce(jsonb_agg(m.id order by m.id), '[]') into v_letters from moved m;

  update public.compensations c set status = 'undoing', undo_step = m.new, ended_at = null
  from unnest(v_comp, v_new) as m (comp, new) where c.id = m.comp;
  v_approvals := engine.ask_for_steps(p_new, p_run, p_edits, p_member, p_member_name, p_actor_type, p_actor_id);

  insert into public.events (id, tenant_id, type, correlation_id, traceparent, actor_type, actor_id, run_id, payload)
  values (v_event, v_run.tenant_id, 'run.forked', p_correlation, p_traceparent, p_actor_type, p_actor_id, p_new,
    jsonb_build_object('run_id', p_new, 'forked_from', p_run, 'kept', 0));
  select count(*) filter (where s.executor = 'worker') as workers, count(*) filter (where s.executor = 'agent') as agents
  into v_freed from public.steps s where s.run_id = p_new and s.holds = 0;
  return jsonb_build_object('result', 'redriven', 'run_id', p_new, 'letters', v_letters, 'steps', cardinality(v_comp), 'kept', 0,
    'approvals', v_approvals, 'for_workers', v_freed.workers, 'for_agents', v_freed.agents);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.use_answers(p_run uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_approval public.approvals;
begin
  for v_approval in
    select a.* from public.approvals a where a.run_id = p_run and a.subject = 'plan_step' and a.status = 'approved' order by a.id
  loop
    perform app.assert_tenant(v_approval.tenant_id);
    update public.approval_grants g set run_id = p_run, step_id = v_approval.step_id, consumed_at = clock_timestamp()
    where g.approval_id = v_approval.id and g.consumed_at is null and g.expires_at > clock_timestamp();
    if not found and exists (select from public.approval_grants g where g.approval_id = v_approval.id) then
      raise serialization_failure using message = 'a yes ran out just now';
    end if;
    perform engine.apply_edit(v_approval);
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.verdict_json(p_approval uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object('approval_id', a.id, 'status', a.status, 'arguments', coalesce(a.edited_arguments, a.arguments), 'reason',
    (select d.reason from public.approval_decisions d where d.approval_id = a.id order by d.at desc limit 1))
  from public.approvals a where a.id = p_approval and a.status <> 'pending'
$function$
;

CREATE OR REPLACE FUNCTION engine.wait(p_tenant uuid, p_step uuid, p_epoch bigint, p_name text, p_options jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_step public.steps;
  v_lock bigint;
  v_option jsonb;
  v_wait public.waits;
  v_source uuid;
  v_payload jsonb;
  v_withdrawn uuid[];
begin
  for v_lock in
    select distinct case o.kind when 'event' then engine.event_lock(s.tenant_id, o.topic, o.key) else engine.mailbox_lock(s.id) end
    from public.steps s, jsonb_to_recordset(p_options) as o (kind text, topic text, key text)
    where s.id = p_step and o.kind in ('event', 'message')
    order by 1
  loop
    perform pg_advisory_xact_lock(v_lock);
  end loop;

  v_step := engine.owned(p_tenant, p_step, p_epoch);
  select w.* into v_wait from public.waits w where w.step_id = p_step and w.name = p_name and w.status = 'met';
  if found then
    perform engine.mark_running(v_step);
    return engine.wait_answer(v_wait);
  end if;

  for v_option in select o from jsonb_array_elements(p_options) o loop
    insert into public.waits (tenant_id, run_id, step_id, name, option, position, kind, topic, key, children, due_at, question,
      approval_id)
    select v_step.tenant_id, v_step.run_id, p_step, p_name, v_option ->> 'option',
      (select count(*) from public.waits w where w.step_id = p_step and w.name = p_name), v_option ->> 'kind',
      v_option ->> 'topic', v_option ->> 'key',
      case when v_option ? 'children' then array(select jsonb_array_elements_text(v_option -> 'children')) end,
      case v_option ->> 'kind' when 'timer' then coalesce((v_option ->> 'until')::timestamptz,
        clock_timestamp() + make_interval(secs => (v_option ->> 'seconds')::double precision)) end,
      case v_option ->> 'kind' when 'person' then v_option -> 'question' end,
      case v_option ->> 'kind' when 'approval' then (engine.open_question(v_step, p_name || ' · ' || (v_option ->> 'option'),
        v_option ->> 'title', v_option ->> 'question', v_option ->> 'why', v_option -> 'arguments',
        v_option ->> 'arguments_digest', v_option ->> 'requester', (v_option ->> 'expires_ms')::bigint)).id end
    where not exists (
      select from public.waits w where w.step_id = p_step and w.name = p_name and w.option = v_option ->> 'option');
  end loop;

  for v_wait in
    select w.* from public.waits w where w.step_id = p_step and w.name = p_name and w.status = 'open' order by w.position
  loop
    v_source := null;
    v_payload := null;
    case v_wait.kind
      when 'timer' then
        v_payload := case when v_wait.due_at <= clock_timestamp() then 'null'::jsonb end;
      when 'event' then
        select e.id, engine.event_json(e) into v_source, v_payload
        from public.external_events e join public.runs r on r.id = v_step.run_id
        where e.tenant_id = v_step.tenant_id and e.name = v_wait.topic and (v_wait.key is null or e.key = v_wait.key)
          and (e.run_id is null or e.run_id = v_step.run_id) and e.sent_at >= r.created_at
          and not exists (select from public.waits t where t.step_id = p_step and t.source = e.id)
        order by e.sent_at, e.id limit 1;
      when 'message' then
        select t.id, t.payload into v_source, v_payload from engine.take_message(v_wait.id, p_step, v_wait.topic) t;
      when 'children' then
        v_payload := case when engine.children_left(v_step.id, v_wait.children) <= v_wait.upto then engine.children_json(p_step, v_wait.children) end;
      when 'approval' then
        v_payload := engine.verdict_json(v_wait.approval_id);
      when 'person' then
        null;
    end case;
    continue when v_payload is null;

    update public.waits w set status = 'met', ended_at = clock_timestamp(), payload = nullif(v_payload, 'null'), source = v_source
    where w.id = v_wait.id returning w.* into v_wait;
    with lost as (
      update public.waits w set status = 'lost', ended_at = clock_timestamp()
      where w.step_id = p_step and w.name = p_name and w.status = 'open'
      returning w.approval_id
    )
    select array_agg(l.approval_id) into v_withdrawn from lost l where l.approval_id is not null;
    perform engine.withdraw_questions(v_withdrawn, v_step.executor, v_step.lease_owner);
    perform engine.mark_running(v_step);
    insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
    values (v_step.tenant_id, 'wait.met', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
      jsonb_build_object('wait_id', v_wait.id, 'run_id', v_step.run_id, 'step_id', p_step, 'kind', v_wait.kind));
    return engine.wait_answer(v_wait);
  end loop;

  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select v_step.tenant_id, 'wait.opened', v_step.correlation_id, v_step.executor, v_step.lease_owner, v_step.run_id,
    jsonb_build_object('run_id', v_step.run_id, 'step_id', p_step, 'kinds', jsonb_agg(distinct w.kind))
  from public.waits w where w.step_id = p_step and w.name = p_name and w.status = 'open';
  perform engine.suspend(v_step, w.bits, w.kind) from (
    select bit_or(engine.hold_bit(w.kind)) as bits, (array_agg(w.kind order by w.position))[1] as kind
    from public.waits w where w.step_id = p_step and w.name = p_name and w.status = 'open'
  ) w;
  return jsonb_build_object('held', true, 'name', p_name, 'met', null, 'kind', null, 'payload', null);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.wait_answer(p_wait waits)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select jsonb_build_object('held', false, 'name', p_wait.name, 'met', p_wait.option, 'kind', p_wait.kind,
    'payload', case when p_wait.kind = 'children' then jsonb_build_object('children', coalesce(
        (select jsonb_agg(i.child || jsonb_build_object('output', c.output, 'error', c.error) order by i.n)
         from jsonb_array_elements(p_wait.payload -> 'children') with ordinality as i (child, n)
         join public.steps c on c.id = (i.child ->> 'step_id')::uuid), '[]'))
      else p_wait.payload end)
$function$
;

CREATE OR REPLACE FUNCTION engine.wait_for_lane(p_lane integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET lock_timeout TO '100ms'
AS $function$
begin
  perform pg_advisory_xact_lock(1852796536, p_lane);
exception when lock_not_available then
  null;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.wake_timers(p_limit integer)
 RETURNS TABLE(woken integer, for_workers integer, for_agents integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_waits uuid[];
begin
  select coalesce(array_agg(d.id), '{}') into v_waits from (
    select w.id from public.waits w join public.steps s on s.id = w.step_id
    where w.status = 'open' and w.kind = 'timer' and w.due_at <= clock_timestamp()
    order by w.due_at limit p_limit for update of s skip locked
  ) d;
  return query select cardinality(v_waits), m.for_workers, m.for_agents
  from engine.meet_waits(v_waits, null, null, 'system', 'sweeper') m;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.wanted(p_tenant uuid, p_redaction uuid)
 RETURNS TABLE(sealed bytea, wrapped bytea, kek text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app.assert_tenant(p_tenant);
  return query select r.sealed, k.wrapped, k.kek
    from public.redactions r join public.content_keys k on k.id = r.id
    where r.id = p_redaction and r.tenant_id = p_tenant and r.sealed is not null and k.wrapped is not null;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.weight_of(p_tenant uuid)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return coalesce((
    select r.weight from public.claim_rules r
    where r.tenant_id = p_tenant and r.by_plane and r.queue is null and r.type is null and r.agent is null), 1);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.withdraw_questions(p_approvals uuid[], p_actor_type text, p_actor_id text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with open_questions as (
    select a.id from public.approvals a
    where a.id = any (p_approvals) and a.status = 'pending'
    order by a.id for update skip locked
  ),
  closed as (
    update public.approvals a set status = 'cancelled', decided_at = clock_timestamp()
    from open_questions q where a.id = q.id
    returning a.id, a.tenant_id, a.run_id, a.step_id, a.correlation_id
  )
  insert into public.events (tenant_id, type, correlation_id, actor_type, actor_id, run_id, payload)
  select c.tenant_id, 'approval.decided', c.correlation_id, p_actor_type, p_actor_id, c.run_id,
    jsonb_build_object('approval_id', c.id, 'subject', 'step', 'status', 'cancelled', 'run_id', c.run_id, 'step_id', c.step_id)
  from closed c
$function$
;

CREATE OR REPLACE FUNCTION engine.worker_beat(p_name text, p_in_flight integer, p_free integer, p_claimed bigint, p_settled bigint, p_stopping boolean DEFAULT false)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_before public.worker_devices;
  v_status text;
begin
  select * into v_before from public.worker_devices d where d.name = p_name for update;
  if not found then
    return '{"known": false, "drain": false, "workers": 1, "rank": 0}';
  end if;
  v_status := case when p_stopping or v_before.drain_requested_at is not null then 'draining' else 'active' end;
  update public.worker_devices d
  set seen_at = clock_timestamp(), status = v_status, in_flight = p_in_flight, claimed = p_claimed, settled = p_settled,
      up_since = case when v_before.seen_at < clock_timestamp() - interval '60 s' then clock_timestamp() else d.up_since end
  where d.name = p_name;
  if v_status = 'draining' and v_before.status <> 'draining' then
    perform engine.tell_of_worker(p_name, 'worker.draining', jsonb_build_object('in_flight', p_in_flight));
  end if;
  insert into public.worker_heartbeats (worker, in_flight, free, claimed, settled)
  select p_name, p_in_flight, p_free, p_claimed, p_settled
  where not exists (
    select from public.worker_heartbeats h where h.worker = p_name and h.at > clock_timestamp() - interval '15 s')
  on conflict (worker, at) do nothing;
  return engine.fleet_of(p_name) || jsonb_build_object('known', true, 'drain', v_before.drain_requested_at is not null);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.worker_bye(p_name text, p_pid integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  -- a successor of the same name may have said hello already
  update public.worker_devices d set status = 'stopped', seen_at = clock_timestamp(), in_flight = 0 where d.name = p_name and d.pid = p_pid;
  if found then
    perform engine.tell_of_worker(p_name, 'worker.stopped', '{}');
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION engine.worker_hello(p_name text, p_host text, p_pid integer, p_version text, p_handlers text[], p_concurrency integer, p_local boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_device public.worker_devices;
begin
  insert into public.worker_devices as d (name, host, pid, version, handlers, concurrency, local)
  values (p_name, p_host, p_pid, p_version, p_handlers, p_concurrency, p_local)
  on conflict (name) do update set
    host = excluded.host, pid = excluded.pid, version = excluded.version, handlers = excluded.handlers,
    concurrency = excluded.concurrency, local = excluded.local,
    status = case when d.drain_requested_at is null then 'active' else 'draining' end,
    started_at = clock_timestamp(), up_since = clock_timestamp(), seen_at = clock_timestamp(),
    in_flight = 0, claimed = 0, settled = 0
  returning d.* into v_device;
  perform engine.tell_of_worker(p_name, 'worker.started',
    jsonb_build_object('version', p_version, 'handlers', p_handlers, 'concurrency', p_concurrency));
  return engine.fleet_of(p_name) || jsonb_build_object('drain', v_device.drain_requested_at is not null);
end
$function$
;

CREATE OR REPLACE FUNCTION engine.would_allow(p_tenant uuid, p_queue text, p_handler text, p_want integer)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_rule public.claim_rules;
  v_running integer;
  v_allowed integer := p_want;
begin
  for v_rule in select * from engine.rules_for(p_tenant, p_queue, p_handler, '') loop
    exit when v_allowed <= 0;
    if v_rule.paused_at is not null then
      v_allowed := 0;
    elsif v_rule.max_running is not null then
      select count(*) into v_running from (
        select from public.steps s
        where s.status in ('assigned', 'running')
          and (v_rule.tenant_id is null or s.tenant_id = v_rule.tenant_id)
          and (v_rule.queue is null or s.queue = v_rule.queue)
          and (v_rule.type is null or engine.is_of_type(v_rule.type, s.kind, s.capability))
        limit v_rule.max_running) as running;
      v_allowed := least(v_allowed, v_rule.max_running - v_running);
    end if;
    if v_rule.rate is not null then
      v_allowed := least(v_allowed, floor(engine.refill(
        v_rule.tokens, v_rule.refilled_at, v_rule.rate, v_rule.per_seconds, v_rule.burst, clock_timestamp())));
    end if;
  end loop;
  return greatest(0, v_allowed);
end
$function$
;
