import type { Candidate } from "./candidate.ts";
import type { Rejection } from "./decision.ts";
import { usdOfPico, type PicoUsd } from "./money.ts";
import { idOf, type Option } from "./option.ts";
import { priceAt, type DatedPrice } from "./prices.ts";
import type { RouteRequest } from "./route-request.ts";
import { isTargeted, type TargetIndex } from "./targets.ts";

/** With fewer calls a latency says little: then nothing is refused as too slow. */
const ENOUGH_SAMPLES = 5;

export interface Requirements {
  readonly request: RouteRequest;
  readonly now: number;
  /** Tells the models that the request names; undefined where it names none. */
  readonly isNamed: ((candidate: Candidate) => boolean) | undefined;
  readonly allow: TargetIndex | undefined;
  /** Whom the rule chooses among; undefined: everybody. */
  readonly among: TargetIndex | undefined;
  readonly named: "only" | "first";
  readonly needsPrice: boolean;
}

export type Considered =
  | { readonly option: Option; readonly why?: undefined }
  | { readonly why: Rejection; readonly detail: string };

/** Whether a candidate can take a request; why not, at the first thing that it lacks. */
export function consider(candidate: Candidate, requirements: Requirements): Considered {
  const { request, now } = requirements;
  const lacks = lacking(candidate, requirements);
  if (lacks !== undefined) return lacks;
  const price = priceAt(candidate.prices, now, request.inputTokens);
  if (price === undefined && requirements.needsPrice) {
    return not("price_missing", "Nobody knows its price.");
  }
  const expected = request.expectedOutputTokens ?? request.maxOutputTokens;
  const estimatedCost =
    price === undefined
      ? undefined
      : BigInt(request.inputTokens) * price.input + BigInt(expected) * price.output;
  const highestCost = price === undefined ? undefined : highestOf(request, price);
  if (request.budget !== undefined && (highestCost ?? 0n) > request.budget) {
    const most = usdOfPico(highestCost ?? 0n);
    return not("over_budget", `It may cost ${most} USD of ${usdOfPico(request.budget)}.`);
  }
  const unwell = unable(candidate, request.deadlineMs, now);
  if (unwell !== undefined) return unwell;
  return { option: { candidate, id: idOf(candidate), price, estimatedCost, highestCost } };
}

const not = (why: Rejection, detail: string) => ({ why, detail });

/** What it lacks whatever it costs and however it does. */
function lacking(
  candidate: Candidate,
  { request, isNamed, allow, among, named }: Requirements,
): { why: Rejection; detail: string } | undefined {
  const isAmong = among === undefined || isTargeted(candidate, among);
  if (isNamed !== undefined) {
    if (!isNamed(candidate) && (named === "only" || !isAmong)) {
      return not("not_asked_for", `The request names ${request.model}.`);
    }
  } else if (!isAmong) return not("not_in_rule", "The rule chooses among others.");
  if (allow !== undefined && !isTargeted(candidate, allow)) {
    return not("not_allowed", "The rule does not allow it.");
  }
  if (!candidate.enabled) return not("disabled", "It is switched off.");
  for (const capability of request.capabilities) {
    if (!candidate.capabilities.includes(capability)) {
      return not("capability_missing", `It cannot do ${capability}.`);
    }
  }
  const { inputTokens, maxOutputTokens, residency, qualityFloor } = request;
  const { contextTokens, quality, region } = candidate;
  if (contextTokens !== null && inputTokens + maxOutputTokens > contextTokens) {
    return not(
      "context_too_long",
      `It holds ${contextTokens} tokens, the request needs ${inputTokens} + ${maxOutputTokens}.`,
    );
  }
  if (candidate.maxOutputTokens !== null && maxOutputTokens > candidate.maxOutputTokens) {
    return not("output_too_long", `It answers with at most ${candidate.maxOutputTokens} tokens.`);
  }
  if (residency !== undefined && !residency.includes(region)) {
    return not("residency", `It is in region ${region}.`);
  }
  if (qualityFloor !== undefined && (quality ?? -1) < qualityFloor) {
    const known = quality === null ? "Nobody has judged its quality" : `Its quality is ${quality}`;
    return not("quality", `${known}, ${qualityFloor} is asked for.`);
  }
  return undefined;
}

/** Each token at the dearest price of its side. */
function highestOf(
  { inputTokens, maxOutputTokens }: RouteRequest,
  { input, cacheRead, cacheWrite, output, reasoning }: DatedPrice,
): PicoUsd {
  const given = largest(input, cacheRead, cacheWrite);
  return BigInt(inputTokens) * given + BigInt(maxOutputTokens) * largest(output, reasoning);
}

function largest(first: bigint, ...others: readonly (bigint | null)[]): bigint {
  return others.reduce<bigint>((most, one) => (one !== null && one > most ? one : most), first);
}

function unable(
  { health }: Candidate,
  deadlineMs: number | undefined,
  now: number,
): { why: Rejection; detail: string } | undefined {
  const { p95Ms, samples, state, rateLimitedUntil } = health;
  if (
    deadlineMs !== undefined &&
    p95Ms !== null &&
    samples >= ENOUGH_SAMPLES &&
    p95Ms > deadlineMs
  ) {
    return not(
      "too_slow",
      `Of 20 calls one takes longer than ${p95Ms} ms, there are ${deadlineMs}.`,
    );
  }
  if (state === "open") return not("unhealthy", "It has been failing and is left alone.");
  if (rateLimitedUntil !== null && rateLimitedUntil > now) {
    return not("rate_limited", `It asked for a pause of ${rateLimitedUntil - now} ms more.`);
  }
  return undefined;
}
