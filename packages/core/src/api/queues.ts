import { z } from "zod";
import { AgentId, QueueName, RuleId, TypePattern, storableText } from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

const count = z.int().min(1).max(1_000_000_000);
const Reason = storableText(500, 1);
const TenantSlug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
  .meta({ description: "A tenant, by slug: for those who operate the plane" });

/** What a rule binds. Nothing said: all of the caller's tenant. */
const scope = {
  queue: QueueName.optional(),
  type: TypePattern.optional(),
  agent: AgentId.optional(),
  plane: z.boolean().default(false).meta({
    description:
      "The whole plane, or the tenant that is named: for those who operate the plane. Its own people cannot change such a rule",
  }),
  tenant: TenantSlug.optional(),
};
type Scope = { plane: boolean; tenant?: string | undefined; agent?: string | undefined };
const isScope = (given: Scope) =>
  given.plane ? given.agent === undefined : given.tenant === undefined;
const SCOPE_ISSUE = {
  message: "tenant goes with plane, and agent goes without it",
  path: ["plane"],
};

export const Rate = z.object({
  count: z.int().min(1).max(1_000_000).meta({ description: "So many steps begin" }),
  perSeconds: z.int().min(1).max(86_400).meta({ description: "in so many seconds, on average" }),
  burst: z.int().min(1).max(1_000_000).meta({ description: "and so many at once" }),
});
export type Rate = z.infer<typeof Rate>;

export const Pause = z.object({ reason: z.string(), at: Timestamp, by: z.string() });

export const RuleView = z.object({
  id: RuleId,
  queue: QueueName.nullable(),
  type: TypePattern.nullable(),
  agent: AgentId.nullable(),
  plane: z.boolean().meta({ description: "Made by those who operate the plane" }),
  tenant: z.string().nullable().meta({ description: "Whom it binds, by slug; null: the plane" }),
  maxRunning: z.int().nullable(),
  maxQueued: z.int().nullable(),
  rate: Rate.nullable(),
  weight: z.int().meta({ description: "The tenant's share, beside the shares of others" }),
  paused: Pause.nullable(),
  mayChange: z.boolean(),
  createdAt: Timestamp,
});
export type RuleView = z.infer<typeof RuleView>;

export const QueueView = z.object({
  queue: QueueName,
  ready: z.int().meta({ description: "Claimable now; no number here goes beyond 10,000" }),
  delayed: z.int().meta({ description: "Not due yet" }),
  held: z.int().meta({ description: "Waiting for something else" }),
  inFlight: z.int(),
  oldestSeconds: z.number().meta({ description: "How long the oldest claimable step has waited" }),
  perMinute: z.number().meta({ description: "Claims that ended, over five minutes" }),
  failureRate: z.number().meta({ description: "The part of them that failed, 0 to 1" }),
  paused: Pause.nullable(),
});
export type QueueView = z.infer<typeof QueueView>;

export const ListQueuesInput = PageInput;
export const QueuePage = pageOf(QueueView).extend({
  rules: z.array(RuleView).meta({ description: "All that bind this tenant" }),
  mayRulePlane: z.boolean(),
});
export type QueuePage = z.infer<typeof QueuePage>;

export const PauseQueueInput = z
  .object({ ...scope, reason: Reason.meta({ description: "People read it where work stands" }) })
  .refine(isScope, SCOPE_ISSUE);
export const ResumeQueueInput = z.object(scope).refine(isScope, SCOPE_ISSUE);
/** What is not said stays as it is; null takes it away. */
export const LimitQueueInput = z
  .object({
    ...scope,
    maxRunning: count.max(1_000_000).nullish(),
    maxQueued: count.nullish().meta({ description: "A ceiling at admission; not for a type" }),
    rate: Rate.extend({ burst: Rate.shape.burst.optional() }).nullish(),
    weight: z.int().min(1).max(100).optional().meta({ description: "Of a tenant; by the plane" }),
  })
  .refine(isScope, SCOPE_ISSUE)
  .refine(
    (given) => given.maxQueued == null || (given.type === undefined && given.agent === undefined),
    { message: "is for a queue or a tenant, not for a type or an agent", path: ["maxQueued"] },
  )
  .refine(
    (given) =>
      given.weight === undefined ||
      (given.tenant !== undefined && given.queue === undefined && given.type === undefined),
    { message: "is of a tenant, given by those who operate the plane", path: ["weight"] },
  );
export type LimitQueueInput = z.infer<typeof LimitQueueInput>;
export type RuleScope = z.infer<typeof ResumeQueueInput>;

export const OneRule = z.object({ ruleId: RuleId });

const positive = z.coerce.number().int().min(1);
/** Query of an autoscaler; what is left out is as documented in docs/queues.md. */
export const ScaleQueueInput = z.object({
  queue: QueueName,
  plane: z.boolean().default(false),
  perWorker: positive.max(10_000).optional(),
  min: z.coerce.number().int().min(0).max(10_000).default(0),
  max: positive.max(10_000).default(20),
  backlogPerPlace: positive.max(100_000).default(10),
  targetSeconds: positive.max(86_400).default(60),
});
export type ScaleQueueInput = z.infer<typeof ScaleQueueInput>;

export const ScaleView = z.object({
  queue: QueueName,
  desiredWorkers: z.int(),
  currentWorkers: z.int(),
  ready: z.int(),
  inFlight: z.int(),
  oldestSeconds: z.number(),
  failureRate: z.number(),
  paused: z.boolean(),
  maxRunning: z.int().nullable(),
});
export type ScaleView = z.infer<typeof ScaleView>;
