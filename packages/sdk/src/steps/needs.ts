import type { ClaimedStep, NeededArtifact } from "@nofx/core/contract";
import { ArtifactError, PermanentError } from "../errors/index.ts";
import { checkSchema, type StandardSchema } from "../schema/index.ts";
import type { ArtifactHandle, NeededStepView, Needs } from "../tasks/index.ts";
import { sha256Hex } from "./sha256.ts";

/** Fetches the bytes behind a signed address. */
export type Download = (artifact: NeededArtifact) => Promise<Uint8Array<ArrayBuffer>>;

/** `ctx.needs` */
export function createNeeds(step: ClaimedStep, download: Download): Needs {
  const steps: NeededStepView[] = step.needs.map((need) => ({
    name: need.name,
    status: need.status,
    output: need.output,
    artifacts: need.artifacts.map((artifact) => createHandle(need.name, artifact, download)),
  }));
  const all = steps.flatMap((need) => need.artifacts);

  function find(name: string): NeededStepView {
    const found = steps.find((need) => need.name === name);
    if (found) return found;
    throw new PermanentError(
      `This step needs no step "${name}"; it needs ${list(steps.map((need) => need.name))}.`,
    );
  }

  return {
    steps,
    output(name: string, schema?: StandardSchema): never {
      const { output } = find(name);
      const result = schema ? checkSchema(schema, output, `output of step "${name}"`) : output;
      return result as never;
    },
    artifact(name, { from } = {}) {
      const found = all.filter(
        (it) => it.name === name && (from === undefined || it.step === from),
      );
      const [first, second] = found;
      if (second) {
        const makers = list(found.map((it) => it.step));
        throw new ArtifactError(
          name,
          "ambiguous",
          `More than one needed step made "${name}": say from, one of ${makers}.`,
        );
      }
      if (first) return first;
      const there = list(all.map((it) => `${it.step}:${it.name}`));
      throw new ArtifactError(name, "missing", `No needed step made "${name}"; there is ${there}.`);
    },
    artifacts: () => all,
  };
}

function createHandle(step: string, artifact: NeededArtifact, download: Download): ArtifactHandle {
  const { name, contentType, size, sha256 } = artifact;
  const bytes = async () => {
    const content = await download(artifact);
    if (content.byteLength !== size || (await sha256Hex(content)) !== sha256) {
      throw new ArtifactError(
        name,
        "corrupt",
        `Artifact "${name}" of step "${step}" is not what was stored.`,
      );
    }
    return content;
  };
  return {
    step,
    name,
    contentType,
    size,
    sha256,
    bytes,
    text: async () => new TextDecoder().decode(await bytes()),
  };
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
