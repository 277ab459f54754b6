import { canonicalJson } from "@nofx/core/canonical";
import { NofxError, issuesFromZod, pointer, type Issue } from "@nofx/core/errors";
import { findSecrets } from "@nofx/core/gates";
import { ShellWith, STEP_WITH, StepKind } from "@nofx/core/vocabulary";
import type { EditableStep, StepEdit } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import { argumentsDigest } from "../plans/arguments-digest.ts";

/**
 * New arguments of steps, checked as a plan's are: their form by the kind, their artifacts by what the step needs, and no
 * secrets. The digest is what people say yes to; the token is another one, because an effect with other arguments is
 * another effect.
 */
export function checkEdits(
  ctx: MemberContext,
  steps: readonly Pick<EditableStep, "name" | "kind" | "lineage" | "needs">[],
  edits: Readonly<Record<string, Record<string, unknown>>>,
  at: (stepName: string) => readonly PropertyKey[],
): Record<string, StepEdit> {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const issues: Issue[] = [];
  const checked: Record<string, StepEdit> = {};
  for (const [name, given] of Object.entries(edits)) {
    const step = byName.get(name);
    if (step === undefined) {
      issues.push({ path: pointer(at(name)), message: `this run has no step "${name}"` });
      continue;
    }
    const kind = StepKind.parse(step.kind);
    const parsed = STEP_WITH[kind].safeParse(given);
    if (!parsed.success) {
      issues.push(...issuesFromZod(parsed.error, at(name)));
      continue;
    }
    const args = parsed.data as Record<string, unknown>;
    issues.push(...wrongInputs(step, args, at(name)), ...secretsIn(args, at(name)));
    checked[name] = {
      arguments: args,
      digest: argumentsDigest(ctx.plane, { name, kind, with: args }),
      token: ctx.plane.sha256(
        canonicalJson([ctx.tenantId, step.lineage, name, { kind, with: args }]),
      ),
    };
  }
  if (issues.length > 0) throw new NofxError("invalid_input", { issues: issues.slice(0, 200) });
  return checked;
}

function wrongInputs(
  step: Pick<EditableStep, "needs">,
  args: Record<string, unknown>,
  at: readonly PropertyKey[],
): Issue[] {
  const inputs = ShellWith.shape.inputs.catch([]).parse(args["inputs"]);
  return inputs.flatMap(({ from }, i) =>
    step.needs.includes(from)
      ? []
      : [{ path: pointer([...at, "inputs", i, "from"]), message: `it does not need "${from}"` }],
  );
}

function secretsIn(args: Record<string, unknown>, at: readonly PropertyKey[]): Issue[] {
  return findSecrets(args, at).map(({ path, what }) => ({
    path: pointer(path),
    message: `looks like ${what}: pass the name of an environment variable instead`,
  }));
}
