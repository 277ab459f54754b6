import { createHash } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { ClaimedStepRow } from "@nofx/control/steps";
import type { ArtifactInput } from "@nofx/core/vocabulary";
import type { z } from "zod";
import { StepFailed } from "../catalog/handler.ts";
import { placeInside } from "./inside.ts";
import type { Files } from "./files.ts";

/** Puts artifacts of other steps where this step wants them, each checked against what its maker announced. */
export async function fetchInputs(
  step: ClaimedStepRow,
  wanted: readonly z.output<typeof ArtifactInput>[],
  workspace: string,
  { files, newUuid }: { files: Files; newUuid: () => string },
): Promise<void> {
  for (const { from, artifact, to } of wanted) {
    const found = step.inputs.find((input) => input.from === from && input.name === artifact);
    if (found === undefined) {
      throw new StepFailed(
        "artifact_missing",
        `Step "${from}" has left no artifact "${artifact}".`,
      );
    }
    const bytes = await files.get(step.tenant_id, found.path);
    if (bytes === undefined) {
      throw new StepFailed(
        "artifact_missing",
        `Artifact "${artifact}" of step "${from}" is not in storage.`,
      );
    }
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (sha256 !== found.sha256) {
      throw new Error(
        `Artifact "${artifact}" of step "${from}" is not what was stored: its digest differs.`,
      );
    }
    const target = await placeInside(workspace, to);
    await mkdir(dirname(target), { recursive: true });
    // a move replaces a link at the target instead of writing through it, and leaves no half a file
    const part = `${target}.${newUuid()}.part`;
    await writeFile(part, bytes);
    await rename(part, target);
  }
}
