import { RouterSelectAnswer } from "@nofx/core/api";
import {
  picoOfUsd,
  usdOfPico,
  type RouteRequest,
  type RoutingEngine,
} from "@nofx/core/model-router";
import {
  answerCall,
  type Attempt,
  type ReplayedCall,
  type TrafficCall,
} from "@nofx/core/model-router/replay";

const TIME_LIMIT_MS = 10_000;
const AT_ONCE = 8;
/** Of a model that nobody has measured. */
const UNMEASURED_MS = 1_000;

export interface Elsewhere {
  readonly url: URL;
  readonly key: string | undefined;
}

/** An address where routes are chosen, as the environment has it. Throws on what is none: a relative one would ask nobody. */
export function elsewhereOf(url: string, key: string | undefined): Elsewhere {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new Error(
      `ROUTER_SELECT_URL has to be an absolute address, like http://127.0.0.1:54321/functions/v1/router-select: ${url}`,
    );
  }
  return { url: parsed, key };
}

/**
 * Asks for a route for each call, and draws what would become of it by what the answer says of the models' health: nothing is sent to a
 * model.
 */
export async function askElsewhere(
  where: Elsewhere,
  engine: RoutingEngine,
  traffic: readonly TrafficCall[],
  seed: string,
): Promise<ReplayedCall[]> {
  const played: ReplayedCall[] = [];
  let next = 0;
  const ask = async () => {
    for (let call = next++; call < traffic.length; call = next++) {
      const { request } = traffic[call] as TrafficCall;
      const routes = await routesOf(where, engine, request);
      played[call] = answerCall(seed, call, routes);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return played;
}

async function routesOf(
  { url, key }: Elsewhere,
  engine: RoutingEngine,
  { budget, ...request }: RouteRequest,
): Promise<Attempt[]> {
  const money = budget === undefined ? {} : { budgetUsd: usdOfPico(budget) };
  const response = await fetch(url, {
    method: "POST",
    redirect: "error",
    headers: {
      "content-type": "application/json",
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ engine, request: { ...request, ...money } }),
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  });
  const body: unknown = await response.json().catch(() => undefined);
  const answer = RouterSelectAnswer.safeParse(body);
  if (!answer.success) {
    throw new Error(`${url.origin}${url.pathname} answered ${response.status} with no decision.`);
  }
  if (!answer.data.ok) return [];
  return [answer.data.chosen, ...answer.data.fallbacks].map((route) => {
    const { errorRate, p50Ms, p95Ms } = route.health;
    const middle = p50Ms ?? UNMEASURED_MS;
    return {
      id: `${route.provider}/${route.model}@${route.region}`,
      cost: route.estimatedUsd === null ? undefined : picoOfUsd(route.estimatedUsd),
      behaviour: { errorRate, p50Ms: middle, p95Ms: p95Ms ?? middle * 3, quality: route.quality },
    };
  });
}
