import { randomBytes } from "node:crypto";

/** What deliveries are signed with: 32 random bytes in the form of Standard Webhooks. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}
