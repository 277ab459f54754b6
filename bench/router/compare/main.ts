import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { prepareRoutingPolicy } from "@nofx/control/routing";
import { RoutingPolicy, type RoutingEngine } from "@nofx/core/model-router";
import { playTraffic, sumUp, type ReplayedCall } from "@nofx/core/model-router/replay";
import { askElsewhere, elsewhereOf } from "./ask-elsewhere.ts";
import { readTraffic } from "./read-traffic.ts";
import { countElsewhere, tellJson, tellTable } from "./report.ts";
import { sampleTraffic, sampleWorld } from "./sample.ts";

// npm run router:compare:v1v2: the same traffic by both engines: the difference in cost, latency, errors and quality. Recorded traffic is a
// file of JSON lines ({at, request}). With ROUTER_SELECT_URL routes are asked for there (ROUTER_SELECT_KEY goes along as a bearer token),
// else they are decided here among made-up models. No model is ever asked.

const { values } = parseArgs({
  options: {
    traffic: { type: "string" },
    /** A policy's document, for decisions made here. */
    policy: { type: "string" },
    calls: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});

const BALANCED = {
  rules: [{ strategy: { type: "balanced", weights: { cost: 0.2, latency: 0.2, quality: 0.6 } } }],
};

async function compare(): Promise<string> {
  const { traffic: file, seed } = values;
  const traffic =
    file === undefined ? sampleTraffic(Number(values.calls), Number(seed)) : readTraffic(file);
  const url = process.env["ROUTER_SELECT_URL"] ?? "";
  const where = url === "" ? undefined : elsewhereOf(url, process.env["ROUTER_SELECT_KEY"]);
  const document: unknown =
    values.policy === undefined ? BALANCED : JSON.parse(readFileSync(values.policy, "utf8"));

  const play = (engine: RoutingEngine): Promise<ReplayedCall[]> | ReplayedCall[] => {
    if (where !== undefined) return askElsewhere(where, engine, traffic, seed);
    const policy = RoutingPolicy.parse({
      ...(document as object),
      engine,
      name: "compared",
      version: 1,
    });
    return playTraffic(prepareRoutingPolicy(policy), traffic, sampleWorld(), seed);
  };
  const v1 = await play("v1");
  const v2 = await play("v2");
  const compared = { v1: sumUp(v1), v2: sumUp(v2), elsewhere: countElsewhere(v1, v2) };
  if (values.json) return tellJson(compared);
  return [
    file === undefined ? `Sample traffic, seed ${seed}.` : `Traffic of ${file}.`,
    where === undefined
      ? "Decided in this process, among made-up models; two of their providers have bad minutes."
      : `Decided by ${where.url.origin}${where.url.pathname}; what calls would meet is drawn from the health it tells.`,
    "",
    tellTable(compared),
  ].join("\n");
}

try {
  console.log(await compare());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
