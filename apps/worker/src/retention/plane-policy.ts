import { z } from "zod";

const number = z.union([z.literal("never").transform(() => null), z.coerce.number().int()]);
const days = number.refine((value) => value === null || (value >= 1 && value <= 3_650), {
  message: 'takes days from 1 to 3650, or "never"',
});

const PlanePolicyEnv = z.object({
  NOFX_ARCHIVE_AFTER_SECONDS: number
    .refine((value) => value === null || value >= 0, { message: 'takes seconds, or "never"' })
    .optional(),
  NOFX_DELETE_AFTER_DAYS: days.optional(),
  NOFX_EVENTS_AFTER_DAYS: days.optional(),
});

/** What a worker's environment says of how long runs and events are kept, for tenants that have not said otherwise. */
export function readPlanePolicy(env: NodeJS.ProcessEnv): Record<string, number | null> {
  const parsed = PlanePolicyEnv.safeParse(env);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`The worker's environment is not complete.\n  ${wrong.join("\n  ")}`);
  }
  const said = {
    archive_after_seconds: parsed.data.NOFX_ARCHIVE_AFTER_SECONDS,
    delete_after_days: parsed.data.NOFX_DELETE_AFTER_DAYS,
    events_after_days: parsed.data.NOFX_EVENTS_AFTER_DAYS,
  };
  return Object.fromEntries(
    Object.entries(said).filter(
      (entry): entry is [string, number | null] => entry[1] !== undefined,
    ),
  );
}

const MessagePolicyEnv = z.object({
  NOFX_REDACTION_SECONDS: z.coerce.number().min(1).max(86_400).optional(),
});

/** Within how many seconds copies of what was redacted are gone, where a worker's environment says so. */
export function readMessagePolicy(env: NodeJS.ProcessEnv): Record<string, number> {
  const parsed = MessagePolicyEnv.safeParse(env);
  if (!parsed.success) {
    throw new Error(
      "The worker's environment is not complete.\n  NOFX_REDACTION_SECONDS: 1 to 86400",
    );
  }
  const { NOFX_REDACTION_SECONDS: seconds } = parsed.data;
  return seconds === undefined ? {} : { purge_seconds: seconds };
}
