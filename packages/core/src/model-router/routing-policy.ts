import { z } from "zod";
import type { RouteFacts } from "./route-request.ts";

/** A model of a policy, `provider/model` or `provider/*`, in one region or in any. */
export const RouteTarget = z.strictObject({
  model: z
    .string()
    .max(200)
    .regex(
      /^[a-z0-9][a-z0-9._-]*\/(\*|[A-Za-z0-9][A-Za-z0-9._:@/-]*)$/,
      "expected provider/model or provider/*",
    ),
  region: z.string().min(1).max(64).optional(),
});
export type RouteTarget = z.infer<typeof RouteTarget>;

/** A target twice would be two shares, or two places, of one. */
const isEachOnce = (all: readonly RouteTarget[]) =>
  new Set(all.map(({ model, region = "*" }) => `${model}@${region}`)).size === all.length;
const ONCE = "names a model twice";

const targets = z.array(RouteTarget).min(1).max(50).refine(isEachOnce, ONCE);
const share = z.number().positive().max(1_000_000);
const shares = z
  .array(z.strictObject({ ...RouteTarget.shape, weight: share }))
  .min(1)
  .max(50)
  .refine(isEachOnce, ONCE);
/** Absent: all candidates. */
const among = targets.optional();

/** How a rule chooses among the candidates that can take a request. */
export const RouteStrategy = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("cost"), among }),
  z.strictObject({
    type: z.literal("latency"),
    among,
    percentile: z.enum(["p50", "p95"]).default("p50"),
    /** Of the calls, for a model that nobody has measured within the hour: otherwise it would never be. */
    explorePercent: z.number().min(0).max(100).default(2),
  }),
  z.strictObject({ type: z.literal("quality"), among }),
  /** All of these at once, by their weights. */
  z.strictObject({
    type: z.literal("balanced"),
    among,
    weights: z
      .strictObject({
        cost: z.number().min(0).max(1).default(0),
        latency: z.number().min(0).max(1).default(0),
        quality: z.number().min(0).max(1).default(0),
      })
      .refine(({ cost, latency, quality }) => cost + latency + quality > 0, "all weights are 0"),
  }),
  /** Each gets its share of the calls. */
  z.strictObject({ type: z.literal("weighted"), targets: shares }),
  /** The first that can; the others stand in, in this order. */
  z.strictObject({ type: z.literal("fallback"), targets }),
  /** The same sticky key, the same candidate, as long as it can. */
  z.strictObject({ type: z.literal("sticky"), among }),
  /** An experiment: the same sticky key, the same arm, whatever else changes. */
  z.strictObject({
    type: z.literal("ab"),
    experiment: z.string().min(1).max(100),
    arms: shares,
  }),
  /** A few of the calls for a newcomer, and none while it is unwell. */
  z.strictObject({
    type: z.literal("canary"),
    canary: RouteTarget,
    percent: z.number().min(0).max(100),
    stable: targets,
  }),
]);
export type RouteStrategy = z.infer<typeof RouteStrategy>;

export const RoutingRule = z.strictObject({
  /** CEL without macros over `request` and `facts`; absent: always. */
  when: z.string().min(1).max(2_000).optional(),
  /** All that may be used where this rule holds, even by callers who name a model; absent: everything. */
  allow: targets.optional(),
  strategy: RouteStrategy,
});
export type RoutingRule = z.infer<typeof RoutingRule>;

export const RoutingEngine = z.enum(["v1", "v2"]);
export type RoutingEngine = z.infer<typeof RoutingEngine>;

/** Rules from the top: the first whose condition holds decides, and no other takes its place. */
export const RoutingPolicy = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "expected a-z, 0-9, - and _"),
  version: z.int().min(1),
  /** v1: the first that can, in the order they are listed. v2: by scores, health and shares. */
  engine: RoutingEngine.default("v2"),
  /** What a request for one model gets: that one alone, or that one first and the policy's choices behind it. */
  named: z.enum(["only", "first"]).default("only"),
  /** How many stand in, at most, for the one that was chosen. */
  maxFallbacks: z.int().min(0).max(10).default(3),
  /** Whether a model without a known price may be used where nothing needs the price. */
  unpriced: z.enum(["allow", "refuse"]).default("allow"),
  rules: z.array(RoutingRule).min(1).max(50),
});
export type RoutingPolicy = z.infer<typeof RoutingPolicy>;

/** True where a rule holds for a request. Throws where it cannot be told, which counts as no. */
export type RouteCondition = (scene: RouteScene) => boolean;

/** What a condition sees. */
export interface RouteScene {
  readonly request: Readonly<Record<string, string | bigint | number | boolean>>;
  readonly facts: RouteFacts;
}

/** A policy with its conditions compiled: one a rule, undefined where it has none. */
export interface PreparedPolicy extends RoutingPolicy {
  readonly conditions: readonly (RouteCondition | undefined)[];
}

/** Compiles each condition once. `compile` throws on what is no condition. */
export function preparePolicy(
  policy: RoutingPolicy,
  compile: (when: string) => RouteCondition,
): PreparedPolicy {
  const conditions = policy.rules.map(({ when }) =>
    when === undefined ? undefined : compile(when),
  );
  return { ...policy, conditions };
}
