import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { RouterSelectInput, toRouteRequest, viewSelection } from "@nofx/core/api";
import { decide, preparePolicy, RoutingPolicy, type Decision } from "@nofx/core/model-router";
import { candidatesOf } from "@nofx/core/testing";
import { toId } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTraffic } from "../../../bench/router/compare/read-traffic.ts";
import {
  compare as compareEngines,
  type CompareOptions,
} from "../../../bench/router/compare/compare.ts";

const folder = mkdtempSync(join(tmpdir(), "router-compare-"));
const asked: RouterSelectInput[] = [];
const keys = new Set<string | undefined>();
let server: Server;
let url: string;

/** Chooses as ROUTER_SELECT_URL does, among models of its own. */
function select({ request, engine }: RouterSelectInput): Decision {
  const rules = [{ strategy: { type: "quality" } }];
  const policy = RoutingPolicy.parse({ name: "p", version: 1, engine, rules });
  const prepared = preparePolicy(policy, () => () => true);
  return decide(toRouteRequest(request), prepared, candidatesOf(10, 1), 10);
}

async function answer(request: IncomingMessage): Promise<string> {
  keys.add(request.headers.authorization);
  const input = RouterSelectInput.parse(await json(request));
  asked.push(input);
  return request.url === "/broken" ? "{}" : JSON.stringify(viewSelection(select(input), "digest"));
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void answer(request).then((text) => response.end(text));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const compare = (options: Partial<CompareOptions>) =>
  compareEngines({ calls: 300, seed: "1", json: false, ...options });

describe("router:compare:v1v2", () => {
  test("shows the difference in cost, latency, errors and quality on sample traffic", async () => {
    const told = await compare({});
    for (const row of ["errors: no answer", "cost, USD", "latency p95, ms", "quality, mean"]) {
      expect(told).toMatch(new RegExp(`\\| ${row} \\| [\\d,.]+ \\| [\\d,.]+ \\|`));
    }
    expect(told).toContain("among made-up models");
  });

  test("replays recorded traffic against ROUTER_SELECT_URL, by both engines", async () => {
    const file = join(folder, "traffic.jsonl");
    const line = (inputTokens: number) =>
      JSON.stringify({
        at: "2026-01-02T03:04:05Z",
        request: { inputTokens, maxOutputTokens: 200, budgetUsd: "1.5", facts: { team: "a" } },
      });
    // the last is longer than any model holds
    writeFileSync(file, [line(10), line(4_000), "", line(10_000_000)].join("\n"));
    const options = { traffic: file, json: true, url: `${url}/select`, key: "a key" };
    const told: unknown = JSON.parse(await compare(options));
    expect(told).toMatchObject({
      v1: { calls: 3, answered: 2, refused: 1 },
      v2: { calls: 3, answered: 2, refused: 1 },
      elsewhere: 2,
    });
    const [v1, v2] = (["v1", "v2"] as const).map((engine) =>
      asked
        .filter((one) => one.engine === engine)
        .map(({ request }) => request.inputTokens)
        .toSorted((a, b) => a - b),
    );
    expect(v1).toEqual([10, 4_000, 10_000_000]);
    expect(v2).toEqual(v1);
    expect(asked[0]?.request).toMatchObject({ budgetUsd: "1.5", facts: { team: "a" } });
    expect([...keys]).toEqual(["Bearer a key"]);
  });

  test("reads calls of the ledger, the oldest first, and leaves the choice to the policy if told to", async () => {
    const file = join(folder, "calls.jsonl");
    const call = (attempt: number, second: number) =>
      JSON.stringify({
        callId: toId("modelCall", `00000000-0000-7000-8000-00000000000${second}`),
        attempt,
        endpoint: "chat",
        asked: "somebody/else",
        streamed: true,
        tokens: { input: second, cacheRead: 5, cacheWrite: null, output: 7, reasoning: null },
        startedAt: `2026-01-02T03:04:0${second}.000Z`,
        agentId: null,
        costUsd: "1",
      });
    writeFileSync(file, [call(2, 3), call(1, 2), call(1, 1)].join("\n"));
    const read = readTraffic(file, { auto: false });
    expect(read.map(({ request }) => request)).toMatchObject([
      { model: "somebody/else", capabilities: ["text", "streaming"], inputTokens: 6 },
      { model: "somebody/else", maxOutputTokens: 7, inputTokens: 7 },
    ]);
    const from = asked.length;
    await compare({ traffic: file, url, auto: true });
    expect(asked.slice(from).map(({ request }) => request.model)).toEqual(Array(4).fill("auto"));
  });

  test("says what is wrong with an address, an answer or a line", async () => {
    await expect(compare({ url: "/select" })).rejects.toThrow(/has to be an absolute address/);
    await expect(compare({ url: `${url}/broken` })).rejects.toThrow(
      /\/broken answered 200 with no decision/,
    );
    const file = join(folder, "wrong.jsonl");
    writeFileSync(file, '{"at":"2026-01-02T03:04:05Z","request":{"inputTokens":-1}}\n');
    await expect(compare({ traffic: file })).rejects.toThrow("wrong.jsonl:1: request.inputTokens");
  });
});
