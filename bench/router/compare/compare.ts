import { readFileSync } from "node:fs";
import { prepareRoutingPolicy } from "@nofx/control/routing/conditions";
import { RoutingPolicy, type RoutingEngine } from "@nofx/core/model-router";
import { playTraffic, sumUp, type ReplayedCall } from "@nofx/core/model-router/replay";
import { askElsewhere, elsewhereOf } from "./ask-elsewhere.ts";
import { readTraffic } from "./read-traffic.ts";
import { countElsewhere, tellJson, tellTable } from "./report.ts";
import { sampleTraffic, sampleWorld } from "./sample.ts";

export interface CompareOptions {
  /** A file of recorded traffic; absent: sample traffic. */
  readonly traffic?: string | undefined;
  /** Whatever model was asked for: the policy is to choose. */
  readonly auto?: boolean | undefined;
  /** A file with a policy's document, for decisions made here. */
  readonly policy?: string | undefined;
  /** How much sample traffic. */
  readonly calls: number;
  readonly seed: string;
  readonly json: boolean;
  /** Where routes are chosen; absent or empty: here. */
  readonly url?: string | undefined;
  readonly key?: string | undefined;
}

const BALANCED = {
  rules: [{ strategy: { type: "balanced", weights: { cost: 0.2, latency: 0.2, quality: 0.6 } } }],
};

/** Plays traffic by both engines and tells the difference. Throws, in a sentence, where it cannot. */
export async function compare(options: CompareOptions): Promise<string> {
  const { traffic: file, auto = false, seed, calls, url = "", key } = options;
  const traffic =
    file === undefined ? sampleTraffic(calls, Number(seed)) : readTraffic(file, { auto });
  const where = url === "" ? undefined : elsewhereOf(url, key);
  const document: unknown =
    options.policy === undefined ? BALANCED : JSON.parse(readFileSync(options.policy, "utf8"));

  const play = (engine: RoutingEngine): Promise<ReplayedCall[]> | ReplayedCall[] => {
    if (where !== undefined) return askElsewhere(where, engine, traffic, seed);
    const named = { ...(document as object), engine, name: "compared", version: 1 };
    const policy = prepareRoutingPolicy(RoutingPolicy.parse(named));
    return playTraffic(policy, traffic, sampleWorld(), seed);
  };
  const v1 = await play("v1");
  const v2 = await play("v2");
  const compared = { v1: sumUp(v1), v2: sumUp(v2), elsewhere: countElsewhere(v1, v2) };
  if (options.json) return tellJson(compared);
  return [
    file === undefined ? `Sample traffic, seed ${seed}.` : `Traffic of ${file}.`,
    where === undefined
      ? "Decided in this process, among made-up models; two of their providers have bad minutes."
      : `Decided by ${where.url.origin}${where.url.pathname}; what calls would meet is drawn from the health it tells.`,
    "",
    tellTable(compared),
  ].join("\n");
}
