import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { prepareRoutingPolicy } from "@nofx/control/routing/conditions";
import {
  decide,
  decisionDigestInput,
  RoutingPolicy,
  type Candidate,
  type RouteRequest,
} from "@nofx/core/model-router";
import { aRouteRequest, candidatesOf } from "@nofx/core/testing";
import { medianOf, quantile } from "../lib/numbers.ts";

// npm run bench:router: what a routing decision takes, by kind of rule, beside v1 and beside the least that any router does (filter
// and sort by a number, no reason, no money). All kinds take turns in one process, so that what else the machine does meets all of them.

const { values } = parseArgs({
  options: {
    candidates: { type: "string", default: "50" },
    decisions: { type: "string", default: "20000" },
    json: { type: "boolean", default: false },
  },
});
const count = Number(values.candidates);
const decisions = Number(values.decisions);
const AIM_US = 100;
const NOW = 1_000_000;
const ROUND = 500;

const candidates = candidatesOf(count, 1);
const half = candidates.slice(0, Math.ceil(count / 2)).map(({ provider, model }) => ({
  model: `${provider}/${model}`,
}));
const weighted = half.map((target, i) => ({ ...target, weight: 1 + (i % 5) }));

const policyOf = (strategy: object, rest: object = {}, before: readonly object[] = []) =>
  prepareRoutingPolicy(
    RoutingPolicy.parse({ name: "bench", version: 1, rules: [...before, { strategy }], ...rest }),
  );
const ruled = Array.from({ length: 9 }, (_, i) => ({
  when: `request.inputTokens > ${100_000 + i} && facts.team == "team-${i}"`,
  strategy: { type: "cost" },
}));
const balanced = { type: "balanced", weights: { cost: 1, latency: 1, quality: 1 } };
const policies = {
  "v1, static order": policyOf({ type: "cost" }, { engine: "v1" }),
  "v2, cost": policyOf({ type: "cost" }),
  "v2, latency": policyOf({ type: "latency" }),
  "v2, quality": policyOf({ type: "quality" }),
  "v2, balanced": policyOf(balanced),
  "v2, balanced, the tenth rule": policyOf(balanced, {}, ruled),
  "v2, weighted, half of them": policyOf({ type: "weighted", targets: weighted }),
  "v2, fallback, half of them": policyOf({ type: "fallback", targets: half }),
  "v2, sticky": policyOf({ type: "sticky" }),
  "v2, a/b of two": policyOf({ type: "ab", experiment: "bench", arms: weighted.slice(0, 2) }),
  "v2, canary": policyOf({ type: "canary", canary: half[0], percent: 5, stable: half.slice(1, 3) }),
};

/** What any router does at least. */
function floor(request: RouteRequest, all: readonly Candidate[]): Candidate | undefined {
  const tokens = request.inputTokens + request.maxOutputTokens;
  const cost = ({ prices }: Candidate) =>
    request.inputTokens * Number(prices[0]?.input) +
    request.maxOutputTokens * Number(prices[0]?.output);
  return all
    .filter(
      ({ enabled, health, contextTokens, capabilities }) =>
        enabled &&
        health.state !== "open" &&
        (contextTokens ?? tokens) >= tokens &&
        request.capabilities.every((capability) => capabilities.includes(capability)),
    )
    .toSorted((a, b) => cost(a) - cost(b))[0];
}

type Kind = (request: RouteRequest) => unknown;
const kinds: [string, Kind][] = [
  ["filter and sort only", (request) => floor(request, candidates)],
  ...Object.entries(policies).map(([name, policy]): [string, Kind] => [
    name,
    (request) => decide(request, policy, candidates, NOW),
  ]),
  [
    "v2, balanced, with the text for its digest",
    (request) => decisionDigestInput(decide(request, policies["v2, balanced"], candidates, NOW)),
  ],
];

const requests = Array.from({ length: ROUND }, (_, i) =>
  aRouteRequest({
    capabilities: i % 3 === 0 ? ["text", "tools"] : ["text"],
    inputTokens: 100 + ((i * 37) % 6_000),
    maxOutputTokens: 500,
    stickyKey: `caller-${i % 50}`,
    callKey: `call-${i}`,
    facts: { team: `team-${i % 20}` },
  }),
);

interface Taken {
  /** Microseconds of each decision, by request. */
  readonly us: number[][];
  cpuUs: number;
}
const taken = new Map(
  kinds.map(([name]): [string, Taken] => [name, { us: requests.map(() => []), cpuUs: 0 }]),
);
let kept: unknown;

function round(name: string, kind: Kind, measured: boolean): void {
  const times = taken.get(name);
  const cpu = process.cpuUsage();
  for (const [i, request] of requests.entries()) {
    const began = performance.now();
    kept = kind(request);
    const took = performance.now() - began;
    if (measured) times?.us[i]?.push(took * 1_000);
  }
  const { user, system } = process.cpuUsage(cpu);
  if (measured && times !== undefined) times.cpuUs += user + system;
}

for (let i = 0; i < 10; i++) for (const [name, kind] of kinds) round(name, kind, false);
for (let done = 0; done < decisions; done += ROUND) {
  for (const [name, kind] of kinds) round(name, kind, true);
}
if (kept === undefined) throw new Error("nothing was decided");

const rows = kinds.map(([name]) => {
  const { us = [], cpuUs = 0 } = taken.get(name) ?? {};
  const all = us.flat();
  return {
    name,
    p50: quantile(all, 0.5),
    p99: quantile(all, 0.99),
    // what a request takes by itself: its median does not see what else the machine does
    p99OfRequests: quantile(us.map(medianOf), 0.99),
    cpu: cpuUs / all.length,
  };
});
const [load = 0] = loadavg();
if (values.json) {
  for (const row of rows) console.log(JSON.stringify({ candidates: count, load, ...row }));
} else {
  const waits = load.toFixed(1);
  console.log(
    `${count} candidates, ${decisions} decisions a row, microseconds, load average ${waits} on ${availableParallelism()} cores. Aim: p99 under ${AIM_US}.\n`,
  );
  console.log("| decision | p50 | p99 | p99 of requests at their medians | CPU | aim |");
  console.log("|---|---:|---:|---:|---:|---|");
  for (const { name, p50, p99, p99OfRequests, cpu } of rows) {
    const cells = [p50, p99, p99OfRequests, cpu].map((us) => us.toFixed(1)).join(" | ");
    const busy = p99OfRequests < AIM_US ? "met but for other processes" : "missed";
    console.log(`| ${name} | ${cells} | ${p99 < AIM_US ? "met" : busy} |`);
  }
}
