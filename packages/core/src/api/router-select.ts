import { z } from "zod";
import {
  HealthState,
  picoOfUsd,
  ProviderKind,
  RoutingEngine,
  usdOfPico,
  type Decision,
  type Route,
  type RouteRequest,
} from "../model-router/index.ts";
import { Usd } from "./models.ts";
import { RouteRequestInput } from "./routing.ts";

/** What is posted to ROUTER_SELECT_URL: the same question as in-process, for whoever asks from elsewhere. */
export const RouterSelectInput = z.strictObject({
  request: RouteRequestInput,
  engine: RoutingEngine.optional().meta({
    description: "Decide by this one, whatever the policy says: to compare them",
  }),
});
export type RouterSelectInput = z.infer<typeof RouterSelectInput>;

const HealthNumbers = z.object({
  state: HealthState,
  errorRate: z.number(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
});

const pico = z.string().regex(/^\d+$/);
const SelectedPrice = z.object({
  input: pico,
  output: pico,
  cacheRead: pico.nullable(),
  cacheWrite: pico.nullable(),
  reasoning: pico.nullable(),
  from: z.number(),
  aboveTokens: z.number(),
  own: z.boolean(),
  withdrawn: z.boolean().exactOptional(),
});

export const SelectedRouteView = z.object({
  provider: z.string(),
  model: z.string(),
  region: z.string(),
  kind: ProviderKind,
  baseUrl: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  keyName: z.string().nullable().meta({ description: "Which key of the vault; never the key" }),
  trial: z.boolean(),
  estimatedUsd: Usd.nullable(),
  highestUsd: Usd.nullable(),
  quality: z.number().nullable(),
  health: HealthNumbers,
  price: SelectedPrice.nullable().meta({ description: "Picodollars a token, exact" }),
  prices: z.array(SelectedPrice),
});
export type SelectedRouteView = z.infer<typeof SelectedRouteView>;

export const RouterSelectAnswer = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    chosen: SelectedRouteView,
    fallbacks: z.array(SelectedRouteView),
    reason: z.string(),
    scores: z.array(
      z.object({
        provider: z.string(),
        model: z.string(),
        region: z.string(),
        rank: z.int(),
        score: z.number(),
      }),
    ),
    digest: z.string().nullable(),
  }),
  z.object({
    ok: z.literal(false),
    code: z.string(),
    message: z.string(),
    retryAt: z.number().nullable(),
    digest: z.string().nullable(),
  }),
]);
export type RouterSelectAnswer = z.infer<typeof RouterSelectAnswer>;

/** A request as decisions take it. */
export function toRouteRequest({ budgetUsd, ...rest }: RouteRequestInput): RouteRequest {
  const request: Record<string, unknown> = { ...rest };
  for (const [name, value] of Object.entries(rest)) if (value === undefined) delete request[name];
  if (budgetUsd !== undefined) request["budget"] = picoOfUsd(budgetUsd);
  return request as unknown as RouteRequest;
}

/** A decision as JSON can say it. */
export function viewSelection(decision: Decision, digest: string | null): RouterSelectAnswer {
  if (!decision.ok) {
    const { code, message, retryAt } = decision;
    return { ok: false, code, message, retryAt, digest };
  }
  const view = (route: Route) => viewRoute(route, decision);
  return {
    ok: true,
    chosen: view(decision.chosen),
    fallbacks: decision.fallbacks.map(view),
    reason: decision.reason,
    scores: decision.scores.map(({ provider, model, region, rank, score }) => ({
      provider,
      model,
      region,
      rank,
      score,
    })),
    digest,
  };
}

function viewRoute(route: Route, { scores, facts }: Decision & { ok: true }): SelectedRouteView {
  const { price, prices, estimatedCost, highestCost, headers, ...where } = route;
  const isIt = (one: { provider: string; model: string; region: string }) =>
    one.provider === route.provider && one.model === route.model && one.region === route.region;
  const health = facts.candidates.find(isIt)?.health;
  return {
    ...where,
    headers: { ...headers },
    estimatedUsd: estimatedCost === undefined ? null : usdOfPico(estimatedCost),
    highestUsd: highestCost === undefined ? null : usdOfPico(highestCost),
    quality: scores.find(isIt)?.parts.quality ?? null,
    health: {
      state: health?.state ?? "healthy",
      errorRate: health?.errorRate ?? 0,
      p50Ms: health?.p50Ms ?? null,
      p95Ms: health?.p95Ms ?? null,
    },
    price: price === undefined ? null : viewSelectedPrice(price),
    prices: prices.map(viewSelectedPrice),
  };
}

function viewSelectedPrice(price: Route["prices"][number]): z.infer<typeof SelectedPrice> {
  const text = (amount: bigint | null) => (amount === null ? null : String(amount));
  return {
    ...price,
    input: String(price.input),
    output: String(price.output),
    cacheRead: text(price.cacheRead),
    cacheWrite: text(price.cacheWrite),
    reasoning: text(price.reasoning),
  };
}

/** The route of an answer from elsewhere, as if it had been decided here. */
export function routeOfView(view: SelectedRouteView): Route {
  const {
    estimatedUsd,
    highestUsd,
    quality: _quality,
    health: _health,
    price,
    prices,
    ...where
  } = view;
  return {
    ...where,
    price: price === null ? undefined : readSelectedPrice(price),
    prices: prices.map(readSelectedPrice),
    estimatedCost: estimatedUsd === null ? undefined : picoOfUsd(estimatedUsd),
    highestCost: highestUsd === null ? undefined : picoOfUsd(highestUsd),
  };
}

function readSelectedPrice(price: z.infer<typeof SelectedPrice>): Route["prices"][number] {
  const amount = (text: string | null) => (text === null ? null : BigInt(text));
  return {
    ...price,
    input: BigInt(price.input),
    output: BigInt(price.output),
    cacheRead: amount(price.cacheRead),
    cacheWrite: amount(price.cacheWrite),
    reasoning: amount(price.reasoning),
  };
}
