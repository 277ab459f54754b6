import { z } from "zod";

/** What the rest of the system must know of the local stack. */
export const StackAddresses = z.object({
  databaseUrls: z.record(z.string(), z.string()),
  gatewayUrl: z.string(),
  publishableKey: z.string(),
  jwtSecret: z.string(),
});
export type StackAddresses = z.infer<typeof StackAddresses>;

/** What the stack's process tells the one that started it. */
export const StackMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("progress"), part: z.string(), detail: z.string() }),
  z.object({ type: z.literal("ready"), stack: StackAddresses }),
  z.object({ type: z.literal("failed"), sentence: z.string() }),
]);
export type StackMessage = z.infer<typeof StackMessage>;

/** How it is told what to do. */
export const StackOrder = z.object({
  home: z.string(),
  siteUrl: z.string(),
  ports: z.object({ postgres: z.int(), gateway: z.int() }),
});
export type StackOrder = z.infer<typeof StackOrder>;
