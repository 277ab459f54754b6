import type { ROUTE_CONDITION_FIELDS } from "./condition-variables.ts";
import type { RouteRequest } from "./route-request.ts";
import type { PreparedPolicy, RouteScene, RoutingRule } from "./routing-policy.ts";

/** The first rule that holds, with its place. A condition that cannot be told does not hold. */
export function pickRule(
  request: RouteRequest,
  policy: PreparedPolicy,
): { rule: RoutingRule; place: number } | undefined {
  let scene: RouteScene | undefined;
  for (const [place, rule] of policy.rules.entries()) {
    const condition = policy.conditions[place];
    if (condition === undefined) {
      // a condition that nobody compiled does not hold either
      if (rule.when === undefined) return { rule, place };
      continue;
    }
    scene ??= sceneOf(request);
    if (holds(condition, scene)) return { rule, place };
  }
  return undefined;
}

function holds(condition: (scene: RouteScene) => boolean, scene: RouteScene): boolean {
  try {
    return condition(scene);
  } catch {
    return false;
  }
}

/** A request as conditions see it: scalars. Whole numbers are BigInts, as CEL has them. */
export function sceneOf(request: RouteRequest): RouteScene {
  const { capabilities, facts, residency, budget } = request;
  return {
    facts,
    request: {
      model: request.model ?? "auto",
      inputTokens: BigInt(request.inputTokens),
      maxOutputTokens: BigInt(request.maxOutputTokens),
      deadlineMs: BigInt(request.deadlineMs ?? 0),
      qualityFloor: request.qualityFloor ?? 0,
      // for comparing only: sums stay exact
      budgetUsd: budget === undefined ? 0 : Number(budget) / 1e12,
      residency: residency?.join(",") ?? "",
      stickyKey: request.stickyKey ?? "",
      json: capabilities.includes("json"),
      tools: capabilities.includes("tools"),
      vision: capabilities.includes("vision"),
      embeddings: capabilities.includes("embeddings"),
      streaming: capabilities.includes("streaming"),
      reasoning: capabilities.includes("reasoning"),
    } satisfies Record<keyof typeof ROUTE_CONDITION_FIELDS, unknown>,
  };
}
