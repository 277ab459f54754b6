import {
  CheckPolicyInput,
  PolicyDocument,
  type PolicyCheck,
  type PolicyProblem,
} from "@nofx/core/api";
import { issuesFromZod } from "@nofx/core/errors";
import {
  splitModelId,
  type Candidate,
  type RouteStrategy,
  type RouteTarget,
} from "@nofx/core/model-router";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, parseInput } from "../command/run-command.ts";
import { checkRouteCondition } from "./compile-condition.ts";

/** What is wrong with a policy as far as it is written, each with its place. Nothing is stored. */
export async function checkPolicy(
  ctx: MemberContext,
  input: z.input<typeof CheckPolicyInput>,
): Promise<PolicyCheck> {
  authorise(ctx, "read");
  const { document } = parseInput(CheckPolicyInput, input);
  const { candidates } = await ctx.plane.routing.view(ctx.tenantId);
  return checkDocument(document, candidates());
}

export type CheckedDocument = PolicyCheck & { readonly document: PolicyDocument | undefined };

/** Form, conditions, and what is likely not meant. */
export function checkDocument(
  document: unknown,
  candidates: readonly Candidate[],
): CheckedDocument {
  const parsed = PolicyDocument.safeParse(document);
  if (!parsed.success) {
    const problems = issuesFromZod(parsed.error).map(({ path, message }) => placed(path, message));
    return { ok: false, problems, warnings: [], document: undefined };
  }
  const problems = conditionProblems(parsed.data);
  return {
    ok: problems.length === 0,
    problems,
    warnings: warningsOf(parsed.data, candidates),
    document: parsed.data,
  };
}

export function conditionProblems({ rules }: PolicyDocument): PolicyProblem[] {
  return rules.flatMap(({ when }, i) => {
    const problem = when === undefined ? undefined : checkRouteCondition(when);
    if (problem === undefined) return [];
    const { message, line, column } = problem;
    return [{ path: `/rules/${i}/when`, message, line, column }];
  });
}

/** A policy that can be saved and will not do what it looks like. */
export function warningsOf(
  { rules }: PolicyDocument,
  candidates: readonly Candidate[],
): PolicyProblem[] {
  const unconditional = rules.findIndex(({ when }) => when === undefined);
  const last = rules.length - 1;
  return [
    ...rules.flatMap(({ strategy, allow = [] }, i) => [
      ...unknownTargets(targetsIn(strategy), candidates, `/rules/${i}/strategy`),
      ...unknownTargets(allow, candidates, `/rules/${i}/allow`),
    ]),
    ...(unconditional < 0
      ? [
          placed(
            `/rules/${last}/when`,
            "Requests for which no rule holds are refused: let the last one have no condition.",
          ),
        ]
      : unconditional < last
        ? [
            placed(
              `/rules/${unconditional + 1}`,
              `It is never looked at: rule ${unconditional + 1} holds always.`,
            ),
          ]
        : []),
  ];
}

function unknownTargets(
  targets: readonly RouteTarget[],
  candidates: readonly Candidate[],
  path: string,
): PolicyProblem[] {
  const unknown = targets.filter((target) => !candidates.some((one) => isThere(target, one)));
  return [...new Set(unknown.map(told))].map((name) =>
    placed(path, `${name} cannot be called here: it is not known, or it has no key.`),
  );
}

function isThere({ model, region }: RouteTarget, candidate: Candidate): boolean {
  const target = splitModelId(model);
  return (
    target.provider === candidate.provider &&
    (target.model === "*" || target.model === candidate.model) &&
    (region === undefined || region === candidate.region)
  );
}

const told = ({ model, region }: RouteTarget) =>
  region === undefined ? model : `${model} in ${region}`;

function targetsIn(strategy: RouteStrategy): readonly RouteTarget[] {
  switch (strategy.type) {
    case "cost":
    case "latency":
    case "quality":
    case "balanced":
    case "sticky":
      return strategy.among ?? [];
    case "weighted":
    case "fallback":
      return strategy.targets;
    case "ab":
      return strategy.arms;
    case "canary":
      return [strategy.canary, ...strategy.stable];
  }
}

const placed = (path: string, message: string): PolicyProblem => ({
  path,
  message,
  line: null,
  column: null,
});
