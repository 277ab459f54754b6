import { canonicalJson } from "@nofx/core/canonical";
import type { StepKind } from "@nofx/core/vocabulary";
import type { Plane } from "../command/plane.ts";

/** What people say yes to: any change of it makes another digest, and the yes does not hold for that. */
export function approvedArguments(step: {
  name: string;
  kind: StepKind;
  with: Record<string, unknown>;
}): Record<string, unknown> {
  return { step: step.name, kind: step.kind, with: step.with };
}

export function argumentsDigest(
  plane: Pick<Plane, "sha256">,
  step: { name: string; kind: StepKind; with: Record<string, unknown> },
): string {
  return plane.sha256(canonicalJson(approvedArguments(step)));
}
