import { z } from "zod";

/** How long a message is kept. What is under a legal hold is kept until the hold ends, whatever its class. */
export const RetentionClass = z.enum(["transient", "standard", "audit"]);
export type RetentionClass = z.infer<typeof RetentionClass>;

/** Days by class, where neither the tenant nor the plane says otherwise. */
export const RETENTION_DAYS: Readonly<Record<RetentionClass, number>> = {
  transient: 7,
  standard: 90,
  audit: 2_557,
};
