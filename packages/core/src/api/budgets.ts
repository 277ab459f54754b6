import { z } from "zod";
import {
  BudgetMeasure,
  BudgetOutcome,
  BudgetScope,
  BudgetWindow,
  readAmount,
} from "../budgets/index.ts";
import { ApprovalId, BudgetId, StepName, storableText } from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

/** A number as text, so that money is exact. */
const Amount = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,12})?$/, "expected an amount like 2.50")
  .meta({ description: "Of `usd` in USD, of the others a whole number", example: "2.50" });

const ModelPattern = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._:@/-]*)?\*?$/,
    "expected provider/model, with a star at its end for all that begin so",
  )
  .max(300);

const Rate = z.object({
  perSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .meta({ description: "The limit flows in in so many seconds" }),
  burst: z
    .int()
    .min(1)
    .max(2_000_000_000)
    .optional()
    .meta({ description: "So many at once; the limit, where nothing is said" }),
});

const limits = {
  limit: Amount,
  outcome: BudgetOutcome.default("stop").meta({
    description:
      "What whoever asks for more than is left is told: stop, use a cheaper model (degrade), wait for people (ask), finish with what is kept for that (wrap_up)",
  }),
  extra: Amount.optional().meta({
    description:
      "Beyond the limit: what a yes of people adds (ask), or what is kept for the last work (wrap_up). A fifth of the limit, where nothing is said",
  }),
  note: storableText(500).default(""),
};

export const SetBudgetInput = z
  .object({
    name: StepName.meta({ description: "Of its own in the tenant", example: "research-a-day" }),
    scope: BudgetScope.meta({ description: "Whose use is summed" }),
    subject: z.string().min(1).max(300).optional().meta({
      description:
        "One run, step or agent by id, an agent by name, a team, a model (a star at its end for all that begin so). Nothing: each on its own",
    }),
    model: ModelPattern.optional().meta({ description: "Only what is asked of such models" }),
    measure: BudgetMeasure.meta({
      description: "depth is compared with the limit, the others are summed",
    }),
    window: BudgetWindow.optional().meta({
      description:
        "When a sum begins anew, by the tenant's time zone; at_once: only what is under way counts. Of a cap; a day, where nothing is said",
    }),
    rate: Rate.optional().meta({
      description: "In place of a window: a bucket of calls or tokens that fills again",
    }),
    ...limits,
  })
  .superRefine((given, issues) => {
    const refuse = (path: string, message: string) =>
      issues.addIssue({ code: "custom", path: [path], message });
    const { scope, subject, measure, window, rate, outcome } = given;
    for (const name of ["limit", "extra"] as const) {
      const text = given[name];
      if (text !== undefined && !isAmount(measure, text)) {
        refuse(
          name,
          `is not an amount of ${measure}: ${measure === "usd" ? "at most twelve decimals" : "a whole number"}`,
        );
      }
    }
    if (scope === "tenant" && subject !== undefined) refuse("subject", "the tenant is one already");
    if (scope === "model" && given.model !== undefined) refuse("model", "say it as the subject");
    if (scope === "model" && subject !== undefined && !ModelPattern.safeParse(subject).success) {
      refuse("subject", "expected provider/model, with a star at its end for all that begin so");
    }
    if (window !== undefined && rate !== undefined)
      refuse("rate", "a budget has a window or a rate");
    if (rate !== undefined && measure !== "calls" && measure !== "tokens") {
      refuse("rate", "only calls and tokens have rates");
    }
    if (rate !== undefined && outcome !== "stop")
      refuse("outcome", "a rate lets nobody do but wait: stop");
    if (rate !== undefined && (Number(given.limit) < 1 || Number(given.limit) > 2_000_000_000)) {
      refuse("limit", "of a rate: 1 to 2,000,000,000");
    }
    if (measure === "depth" && window !== undefined && window !== "total") {
      refuse("window", "depth is compared, not summed: it has none");
    }
    if (given.extra !== undefined && outcome !== "ask" && outcome !== "wrap_up") {
      refuse("extra", "goes with ask and wrap_up");
    }
  });
export type SetBudgetInput = z.infer<typeof SetBudgetInput>;

/** What is not said stays as it is. What a budget sums cannot change: that would be another one. */
export const ChangeBudgetInput = z.object({
  budgetId: BudgetId,
  limit: Amount.optional(),
  rate: Rate.partial().optional(),
  outcome: BudgetOutcome.optional(),
  extra: Amount.optional(),
  note: storableText(500).optional(),
  enabled: z.boolean().optional(),
});
export type ChangeBudgetInput = z.infer<typeof ChangeBudgetInput>;

export const OneBudget = z.object({ budgetId: BudgetId });

export const BudgetUse = z.object({
  subject: z.string().meta({ description: "Whose: an id with its prefix, or a name" }),
  subjectName: z.string().nullable(),
  startsAt: Timestamp.nullable().meta({ description: "Of the window; null: it never began anew" }),
  endsAt: Timestamp.nullable(),
  limit: Amount.meta({ description: "With what people have added to this window" }),
  used: Amount,
  reserved: Amount.meta({ description: "Of what is under way" }),
  overrun: Amount.meta({ description: "Of what is used: more than had been reserved for it" }),
  extra: Amount.meta({ description: "What people have added" }),
  full: z.number().meta({ description: "Used and reserved, of the limit: 0 to 1, and more" }),
  refusals: z.int().meta({ description: "How often somebody was told that too little is left" }),
  exhaustedAt: Timestamp.nullable(),
  approvalId: ApprovalId.nullable().meta({
    description: "The question for more that is open, or that people said no to",
  }),
});
export type BudgetUse = z.infer<typeof BudgetUse>;

export const BudgetView = z.object({
  id: BudgetId,
  name: StepName,
  scope: BudgetScope,
  subject: z.string().nullable(),
  subjectName: z.string().nullable(),
  model: z.string().nullable(),
  measure: BudgetMeasure,
  window: BudgetWindow.nullable(),
  rate: z.object({ perSeconds: z.int(), burst: z.int() }).nullable(),
  limit: Amount,
  outcome: BudgetOutcome,
  extra: Amount,
  note: z.string(),
  enabled: z.boolean(),
  version: z.int(),
  createdAt: Timestamp,
  changedAt: Timestamp,
  changedBy: z.string(),
  uses: z.array(BudgetUse).meta({ description: "The three that are fullest now" }),
  subjects: z.int().meta({ description: "How many it sums now" }),
});
export type BudgetView = z.infer<typeof BudgetView>;

export const ListBudgetsInput = PageInput.extend({
  scope: BudgetScope.optional(),
  subject: z.string().max(300).optional(),
});
export const BudgetPage = pageOf(BudgetView).extend({
  timeZone: z.string().meta({ description: "By whose clock windows begin" }),
  mayManage: z.boolean(),
});
export type BudgetPage = z.infer<typeof BudgetPage>;

export const BudgetUsageInput = PageInput.extend({
  budgetId: BudgetId,
  subject: z.string().max(300).optional(),
});
export const BudgetUsagePage = pageOf(BudgetUse);
export type BudgetUsagePage = z.infer<typeof BudgetUsagePage>;

export const BudgetChange = z.object({
  seq: z.int().meta({ description: "Of the entry in the audit log" }),
  at: Timestamp,
  by: z.string(),
  what: z.enum(["changed", "removed", "extended"]),
  version: z.int().nullable(),
  limit: Amount.nullable(),
  outcome: BudgetOutcome.nullable(),
  extra: Amount.nullable(),
  enabled: z.boolean().nullable(),
});
export const BudgetHistory = z.object({
  changes: z.array(BudgetChange).meta({ description: "The newest hundred, from the audit log" }),
});
export type BudgetHistory = z.infer<typeof BudgetHistory>;

export const TimeZoneSetting = z.object({
  timeZone: z
    .string()
    .min(1)
    .max(64)
    .meta({ description: "An IANA name", example: "Europe/Berlin" }),
});
export type TimeZoneSetting = z.infer<typeof TimeZoneSetting>;

function isAmount(measure: BudgetMeasure, text: string): boolean {
  try {
    readAmount(measure, text);
    return true;
  } catch {
    return false;
  }
}
