import { pointer, type Issue } from "../errors/index.ts";
import type { ArtifactInput } from "../vocabulary/index.ts";
import { digraph } from "./digraph.ts";
import type { DraftStep, Expansion } from "./expand-item.ts";
import { findReached } from "./find-reached.ts";

/**
 * Artifact inputs name an item or a step; afterwards they name steps. An item that became several steps stands for
 * the one that declares the artifact, else for its only last step. Each must come before the step that wants it.
 */
export function resolveInputs(
  drafts: readonly DraftStep[],
  expansions: readonly Expansion[],
): { steps: DraftStep[]; issues: Issue[] } {
  const nodeOf = new Map(drafts.map((step, node) => [step.name, node]));
  const stepsOf = new Map(expansions.map(({ item, steps }) => [item.id, steps]));
  const rowOf = new Map(expansions.map(({ item }) => [item.id, item.row]));
  const issues: Issue[] = [];
  const wanted: { step: DraftStep; artifact: string; from: string }[] = [];
  const report = (step: DraftStep, message: string) =>
    issues.push({
      path: pointer(["items", rowOf.get(step.itemId) ?? 0, "with"]),
      message: `step "${step.name}" ${message}`,
      item: step.itemId,
    });

  const steps = drafts.map((step) => {
    const inputs = inputsOf(step);
    if (inputs.length === 0) return step;
    const resolved = inputs.map((input) => {
      const from = producerOf(input, nodeOf, stepsOf);
      if (from === undefined) {
        report(
          step,
          `wants "${input.artifact}" from "${input.from}", and it is not clear which of its steps makes it; name the step`,
        );
        return input;
      }
      wanted.push({ step, artifact: input.artifact, from });
      return { ...input, from };
    });
    return { ...step, with: { ...step.with, inputs: resolved } };
  });

  const known = wanted.filter(({ from }) => nodeOf.has(from));
  const needs = digraph(drafts.length, (node) =>
    (drafts[node]?.needs ?? []).flatMap((need) => nodeOf.get(need) ?? []),
  );
  const node = (name: string) => nodeOf.get(name) as number;
  const reached = findReached(
    needs,
    known.map(({ step, from }) => ({ from: node(step.name), to: node(from) })),
  );
  known.forEach(({ step, artifact, from }, i) => {
    if (reached[i] === false)
      report(step, `wants "${artifact}" from "${from}", which does not come before it`);
  });
  return { steps, issues };
}

function inputsOf(step: DraftStep): readonly ArtifactInput[] {
  const inputs = step.kind === "shell" ? step.with["inputs"] : undefined;
  return Array.isArray(inputs) ? (inputs as ArtifactInput[]) : [];
}

/** The producing step's name; the name as given when it is not in the plan, which the structural gate blocks. */
function producerOf(
  input: ArtifactInput,
  nodeOf: ReadonlyMap<string, number>,
  stepsOf: ReadonlyMap<string, readonly DraftStep[]>,
): string | undefined {
  if (nodeOf.has(input.from)) return input.from;
  const steps = stepsOf.get(input.from);
  if (steps === undefined) return input.from;
  const declares = steps.filter((step) => {
    const artifacts = step.with["artifacts"];
    return Array.isArray(artifacts) && artifacts.includes(input.artifact);
  });
  if (declares.length > 0) return declares.at(-1)?.name;
  const needed = new Set(steps.flatMap((step) => step.needs));
  const last = steps.filter((step) => !needed.has(step.name));
  return last.length === 1 ? last[0]?.name : undefined;
}
