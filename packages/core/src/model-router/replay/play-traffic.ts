import type { Candidate } from "../candidate.ts";
import { decide } from "../decide.ts";
import type { Decision } from "../decision.ts";
import { NO_HEALTH, type HealthWindow } from "../health/health-window.ts";
import { observe } from "../health/observe.ts";
import { viewOf } from "../health/view-of.ts";
import { idOf } from "../option.ts";
import type { RouteRequest } from "../route-request.ts";
import type { PreparedPolicy } from "../routing-policy.ts";
import { answerCall, type Behaviour, type ReplayedCall } from "./answer-call.ts";

/** A call of recorded or made-up traffic. */
export interface TrafficCall {
  /** In milliseconds. */
  readonly at: number;
  readonly request: RouteRequest;
}

/** A model of a made-up world: what is told of it, and how it really does, which only its health shows. */
export interface WorldModel {
  readonly candidate: Omit<Candidate, "health">;
  readonly behaviour: Behaviour;
  /** When it fails every call. */
  readonly outages: readonly { readonly from: number; readonly until: number }[];
}

/**
 * Plays traffic in a made-up world: each call is decided on what the calls before it have shown of the models' health, with the breaker
 * as in production. Calls come one after the other, so a trial has ended before the next.
 */
export function playTraffic(
  policy: PreparedPolicy,
  traffic: readonly TrafficCall[],
  world: readonly WorldModel[],
  seed: string,
): ReplayedCall[] {
  const windows = new Map<string, HealthWindow>();
  const models = world.map((model) => {
    const candidate: Candidate = { ...model.candidate, health: viewOf(NO_HEALTH, 0) };
    return { ...model, candidate, id: idOf(candidate) };
  });
  const byId = new Map(models.map((model) => [model.id, model]));
  const windowOf = (id: string) => windows.get(id) ?? NO_HEALTH;

  return traffic.map(({ at, request }, call) => {
    const seen = models.map(({ candidate, id }) => ({
      ...candidate,
      health: viewOf(windowOf(id), at),
    }));
    const routes = routesOf(decide(request, policy, seen, at));
    const attempts = routes.flatMap(({ id, cost }) => {
      const model = byId.get(id);
      if (model === undefined) return [];
      const isDown = model.outages.some(({ from, until }) => at >= from && at < until);
      const behaviour = isDown ? { ...model.behaviour, errorRate: 1 } : model.behaviour;
      return [{ id, cost, behaviour }];
    });
    const played = answerCall(seed, call, attempts);
    let ended = at;
    for (const { id, ok, latencyMs } of played.attempts) {
      ended += latencyMs;
      const outcome = { ok, latencyMs, at: ended, ...(!ok && { code: "overloaded" as const }) };
      windows.set(id, observe(windowOf(id), outcome, ended));
    }
    return played;
  });
}

function routesOf(decision: Decision) {
  if (!decision.ok) return [];
  return [decision.chosen, ...decision.fallbacks].map((route) => ({
    id: `${route.provider}/${route.model}@${route.region}`,
    cost: route.estimatedCost,
  }));
}
