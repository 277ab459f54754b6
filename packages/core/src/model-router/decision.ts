import type { ProviderKind } from "./candidate.ts";
import type { HealthState, HealthView } from "./health/health-view.ts";
import type { PicoUsd } from "./money.ts";
import type { DatedPrice } from "./prices.ts";
import type { RouteRequest } from "./route-request.ts";
import type { RoutingEngine } from "./routing-policy.ts";

/** Where to send a call, and what it will cost about. */
export interface Route {
  readonly provider: string;
  readonly model: string;
  readonly region: string;
  readonly kind: ProviderKind;
  readonly baseUrl: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly keyName: string | null;
  /** Undefined where nobody knows: that is no price, not a price of nothing. */
  readonly price: DatedPrice | undefined;
  /** All that are known: a call that reads more than was thought may have another. */
  readonly prices: readonly DatedPrice[];
  readonly estimatedCost: PicoUsd | undefined;
  /** The most that it can cost, every token at the dearest price of its side: what is to be reserved. */
  readonly highestCost: PicoUsd | undefined;
  /** The only call that may try a candidate that was left alone: it is to be claimed by `beginTrial`. */
  readonly trial: boolean;
}

/** How a candidate did, 0 to 1 and more is better; null where it is not known. */
export interface Score {
  readonly provider: string;
  readonly model: string;
  readonly region: string;
  /** Place in the order, from 0; those behind it stand in for it. */
  readonly rank: number;
  readonly score: number;
  readonly parts: {
    readonly cost: number | null;
    readonly latency: number | null;
    readonly quality: number | null;
    readonly reliability: number;
  };
  readonly health: HealthState;
}

/** Why a candidate could not take a request, in the order in which they are looked at. */
export const REJECTIONS = [
  "not_asked_for",
  "not_allowed",
  "not_in_rule",
  "disabled",
  "capability_missing",
  "context_too_long",
  "output_too_long",
  "residency",
  "quality",
  "price_missing",
  "over_budget",
  "too_slow",
  "unhealthy",
  "rate_limited",
] as const;
export type Rejection = (typeof REJECTIONS)[number];

export interface Rejected {
  readonly provider: string;
  readonly model: string;
  readonly region: string;
  readonly why: Rejection;
  /** In words, with the numbers. */
  readonly detail: string;
}

/** Why there is no route. Stable: callers switch on them. */
export type RouteErrorCode =
  | "model_unknown"
  | "no_rule"
  | "no_candidate"
  | "capability_missing"
  | "context_too_long"
  | "output_too_long"
  | "residency_unmet"
  | "quality_unmet"
  | "price_missing"
  | "over_budget"
  | "deadline_unmet"
  | "providers_unhealthy"
  | "rate_limited";

/** What a decision was taken on: policy, prices and health as they were. `decisionDigestInput` makes a text of it. */
export interface DecisionFacts {
  readonly policy: {
    readonly name: string;
    readonly version: number;
    readonly engine: RoutingEngine;
    /** Place of the rule that held, from 0; null where none did. */
    readonly rule: number | null;
  };
  readonly request: RouteRequest;
  readonly at: number;
  /** As they were given; nothing else of them counts. */
  readonly candidates: readonly {
    readonly provider: string;
    readonly model: string;
    readonly region: string;
    readonly priceDigest: string;
    readonly health: HealthView;
  }[];
}

export interface Routed {
  readonly ok: true;
  readonly chosen: Route;
  /** Who stands in, in this order. */
  readonly fallbacks: readonly Route[];
  /** In a sentence. */
  readonly reason: string;
  /** Of all that could take it, by rank. */
  readonly scores: readonly Score[];
  readonly rejected: readonly Rejected[];
  readonly facts: DecisionFacts;
}

export interface NotRouted {
  readonly ok: false;
  readonly code: RouteErrorCode;
  /** What happened and what to do. */
  readonly message: string;
  readonly rejected: readonly Rejected[];
  /** When it is worth trying again, where time helps. */
  readonly retryAt: number | null;
  readonly facts: DecisionFacts;
}

export type Decision = Routed | NotRouted;
