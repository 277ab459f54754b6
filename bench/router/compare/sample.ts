import type { TrafficCall, WorldModel } from "@nofx/core/model-router/replay";
import { picoOfUsd, type ModelCapability } from "@nofx/core/model-router";
import { prng } from "@nofx/core/testing";

/** Where time begins in a made-up world. */
const BEGIN = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const MINUTE = 60_000;

const WITH_TOOLS: readonly ModelCapability[] = ["text", "json", "tools", "streaming"];
const WITH_EYES: readonly ModelCapability[] = [...WITH_TOOLS, "vision"];

/** Nobody's models: prices, speeds and qualities are as far from each other as those on the market. */
const MODELS: readonly [
  id: string,
  usd: readonly [input: string, output: string],
  quality: number,
  p50Ms: number,
  errorRate: number,
  contextTokens: number,
  capabilities: readonly ModelCapability[],
][] = [
  ["north/large", ["0.000003", "0.000015"], 0.92, 2_600, 0.004, 200_000, WITH_EYES],
  ["north/small", ["0.0000008", "0.000004"], 0.74, 900, 0.004, 200_000, WITH_EYES],
  ["south/max", ["0.0000025", "0.00001"], 0.9, 2_200, 0.012, 128_000, WITH_EYES],
  ["south/mini", ["0.00000015", "0.0000006"], 0.68, 700, 0.012, 128_000, WITH_TOOLS],
  ["east/pro", ["0.00000125", "0.00001"], 0.88, 1_900, 0.03, 1_000_000, WITH_EYES],
  ["east/flash", ["0.0000003", "0.0000025"], 0.76, 600, 0.03, 1_000_000, WITH_EYES],
  ["house/open", ["0", "0"], 0.6, 1_500, 0.02, 32_000, WITH_TOOLS],
];

/** The models of the made-up world. Two of their providers have bad minutes in its hour. */
export function sampleWorld(): WorldModel[] {
  return MODELS.map(
    ([id, [input, output], quality, p50Ms, errorRate, contextTokens, capabilities]) => {
      const [provider = "", model = ""] = id.split("/");
      return {
        candidate: {
          provider,
          model,
          region: "default",
          kind: "openai_compatible",
          baseUrl: null,
          headers: {},
          keyName: null,
          contextTokens,
          maxOutputTokens: null,
          capabilities,
          quality,
          prices: [
            {
              input: picoOfUsd(input),
              output: picoOfUsd(output),
              cacheRead: null,
              cacheWrite: null,
              reasoning: null,
              from: 0,
              aboveTokens: 0,
              own: false,
            },
          ],
          priceDigest: "",
          enabled: true,
        },
        behaviour: { errorRate, p50Ms, p95Ms: p50Ms * 3, quality },
        outages: outagesOf(provider),
      };
    },
  );
}

function outagesOf(provider: string) {
  if (provider === "north") return [{ from: BEGIN + 12 * MINUTE, until: BEGIN + 20 * MINUTE }];
  if (provider === "east") return [{ from: BEGIN + 40 * MINUTE, until: BEGIN + 43 * MINUTE }];
  return [];
}

/** Calls over an hour: short and long ones, some with tools, few with images, a third that ask for quality. */
export function sampleTraffic(count: number, seed: number): TrafficCall[] {
  const random = prng(seed);
  return Array.from({ length: count }, (_, i): TrafficCall => {
    const capabilities: ModelCapability[] = ["text"];
    if (random() < 0.3) capabilities.push("tools");
    if (random() < 0.05) capabilities.push("vision");
    const inputTokens = Math.round(50 * 2 ** (random() * 10));
    const maxOutputTokens = Math.round(100 * 2 ** (random() * 4));
    return {
      at: BEGIN + Math.round((i * HOUR) / count),
      request: {
        capabilities,
        inputTokens,
        maxOutputTokens,
        expectedOutputTokens: Math.round(maxOutputTokens * random()),
        ...(random() < 0.33 && { qualityFloor: 0.7 }),
        stickyKey: `caller-${Math.floor(random() * 40)}`,
        callKey: `call-${i}`,
        facts: { team: random() < 0.5 ? "search" : "support" },
      },
    };
  });
}
