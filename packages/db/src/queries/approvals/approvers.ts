import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface StandIn {
  user_id: string;
  name: string;
  role: string;
  groups: string[];
}

export interface VoterRecord {
  groups: string[];
  /** Those who delegated their vote to this person for now, and are still members. */
  instead_of: StandIn[];
}

/** What somebody's vote counts for: their groups, and in whose stead they may vote. */
export async function findVoter(
  db: Executor,
  tenantId: string,
  userId: string,
): Promise<VoterRecord> {
  const { rows } = await sql<VoterRecord>`
    with of as (
      select m.user_id, array_agg(g.name order by g.name) as groups
      from approval_group_members m join approval_groups g on g.id = m.group_id
      where m.tenant_id = ${tenantId}::uuid group by m.user_id
    )
    select coalesce((select o.groups from of o where o.user_id = ${userId}::uuid), '{}') as groups,
      coalesce((
        select jsonb_agg(distinct jsonb_build_object('user_id', m.user_id, 'name', m.name, 'role', m.role,
          'groups', coalesce((select to_jsonb(o.groups) from of o where o.user_id = m.user_id), '[]')))
        from approval_delegations d join members m on m.tenant_id = d.tenant_id and m.user_id = d.from_user_id
        where d.tenant_id = ${tenantId}::uuid and d.to_user_id = ${userId}::uuid and d.revoked_at is null
          and d.starts_at <= clock_timestamp() and d.ends_at > clock_timestamp()), '[]') as instead_of
  `.execute(db);
  return rows[0] ?? { groups: [], instead_of: [] };
}

export interface GroupRecord {
  id: string;
  name: string;
  description: string;
  members: { userId: string; name: string }[];
}

/** The groups of a tenant by name, the first 200 of them, or the one of that name. */
export async function listGroups(
  db: Executor,
  tenantId: string,
  name: string | null = null,
): Promise<GroupRecord[]> {
  const { rows } = await sql<GroupRecord>`
    select g.id, g.name, g.description, coalesce((
      select jsonb_agg(jsonb_build_object('userId', m.user_id, 'name', p.name) order by p.name, m.user_id)
      from approval_group_members m join members p on p.tenant_id = m.tenant_id and p.user_id = m.user_id
      where m.group_id = g.id), '[]') as members
    from approval_groups g where g.tenant_id = ${tenantId}::uuid and (${name}::text is null or g.name = ${name})
    order by g.name limit 200
  `.execute(db);
  return rows;
}

export interface PersonRecord {
  user_id: string;
  name: string;
  role: string;
}

/** The members of a tenant, by name; the first 500. */
export async function listPeople(db: Executor, tenantId: string): Promise<PersonRecord[]> {
  const { rows } = await sql<PersonRecord>`
    select m.user_id, m.name, m.role from members m where m.tenant_id = ${tenantId}::uuid order by m.name, m.user_id limit 500
  `.execute(db);
  return rows;
}

/** Of these user ids those that are members. */
export async function findPeople(
  db: Executor,
  tenantId: string,
  userIds: readonly string[],
): Promise<PersonRecord[]> {
  if (userIds.length === 0) return [];
  const { rows } = await sql<PersonRecord>`
    select m.user_id, m.name, m.role from members m where m.tenant_id = ${tenantId}::uuid and m.user_id = any(${userIds}::uuid[])
  `.execute(db);
  return rows;
}

export interface DelegationRecord {
  id: string;
  from_user_id: string;
  from_name: string;
  to_user_id: string;
  to_name: string;
  reason: string;
  starts_at: Date;
  ends_at: Date;
  status: "coming" | "active" | "over" | "revoked";
}

/** Delegations, newest first, or the one with the given id. */
export async function listDelegations(
  db: Executor,
  tenantId: string,
  id: string | null = null,
): Promise<DelegationRecord[]> {
  const { rows } = await sql<DelegationRecord>`
    select d.id, d.from_user_id, d.from_name, d.to_user_id, d.to_name, d.reason, d.starts_at, d.ends_at,
      case when d.revoked_at is not null then 'revoked' when d.ends_at <= clock_timestamp() then 'over'
        when d.starts_at > clock_timestamp() then 'coming' else 'active' end as status
    from approval_delegations d
    where d.tenant_id = ${tenantId}::uuid and (${id}::uuid is null or d.id = ${id}::uuid)
    order by d.id desc limit 200
  `.execute(db);
  return rows;
}

export interface CommentRecord {
  id: string;
  by: string;
  text: string;
  at: Date;
}

export async function listComments(db: Executor, approvalId: string): Promise<CommentRecord[]> {
  const { rows } = await sql<CommentRecord>`
    select c.id, c.member_name as by, c.text, c.at from approval_comments c
    where c.approval_id = ${approvalId}::uuid order by c.id limit 500
  `.execute(db);
  return rows;
}

export interface GrantRecord {
  granted_at: Date;
  expires_at: Date;
  consumed_at: Date | null;
}

export async function findGrant(
  db: Executor,
  approvalId: string,
): Promise<GrantRecord | undefined> {
  const { rows } = await sql<GrantRecord>`
    select g.granted_at, g.expires_at, g.consumed_at from approval_grants g where g.approval_id = ${approvalId}::uuid
  `.execute(db);
  return rows[0];
}

/**
 * How much somebody decided in batches within the last hour, and in how many seconds the oldest of it is an hour ago. Takes a lock
 * first, so that two batches at once do not both find room.
 */
export async function countBatch(
  db: Executor,
  tenantId: string,
  userId: string,
): Promise<{ decided: number; freeInSeconds: number }> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`batch|${tenantId}|${userId}`}, 0))`.execute(
    db,
  );
  const { rows } = await sql<{ decided: number; freeInSeconds: number }>`
    select count(*)::integer as decided,
      coalesce(ceil(extract(epoch from min(d.at) + interval '1 hour' - clock_timestamp())), 0)::integer as "freeInSeconds"
    from approval_decisions d
    where d.tenant_id = ${tenantId}::uuid and d.member_user_id = ${userId}::uuid and d.batch
      and d.at > clock_timestamp() - interval '1 hour'
  `.execute(db);
  return rows[0] ?? { decided: 0, freeInSeconds: 0 };
}

export interface RuleRecord {
  subject: string;
  risk: string;
  rule: unknown;
}

export async function listApprovalRules(db: Executor, tenantId: string): Promise<RuleRecord[]> {
  const { rows } = await sql<RuleRecord>`
    select r.subject, r.risk, r.rule from approval_rules r where r.tenant_id = ${tenantId}::uuid order by r.subject, r.risk
  `.execute(db);
  return rows;
}

export interface EndedApproval {
  status: string;
  /** Whether this call ended it. */
  ended: boolean;
  for_workers: number;
  for_agents: number;
}

/** Ends a question whose time is over, and carries that out; answers how it stands. */
export async function expireApproval(db: Executor, id: string): Promise<EndedApproval | undefined> {
  const { rows } = await sql<{ value: EndedApproval | null }>`
    select engine.expire_approval(${id}::uuid) as value
  `.execute(db);
  return rows[0]?.value ?? undefined;
}
