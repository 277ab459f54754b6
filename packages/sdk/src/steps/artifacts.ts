import { ArtifactRequest } from "@nofx/core/contract";
import { NofxApiError, permanent } from "../errors/index.ts";
import type { TaskContext } from "../tasks/index.ts";
import type { Lease } from "./lease.ts";
import { UsedNames } from "./names.ts";
import { sha256Hex } from "./sha256.ts";
import type { Stages } from "./stages.ts";
import type { StepCalls } from "./step-calls.ts";
import { transfer, type TransferPorts } from "./transfer.ts";

/** `ctx.artifact`: announce, send the bytes to the signed address, confirm. */
export function createArtifacts(
  calls: StepCalls,
  lease: Lease,
  ports: TransferPorts,
  stages: Stages,
): TaskContext["artifact"] {
  const names = new UsedNames("Artifact");
  const store: TaskContext["artifact"] = async (name, content, options = {}) => {
    names.use(name);
    const bytes = await toBytes(content);
    const announced = {
      name,
      contentType: options.contentType ?? defaultType(content),
      size: bytes.byteLength,
      sha256: await sha256Hex(bytes),
    };
    const checked = ArtifactRequest.omit({ epoch: true }).safeParse(announced);
    if (!checked.success) {
      throw permanent(
        `Artifact "${name}" cannot be stored: ${checked.error.issues[0]?.message ?? ""}.`,
      );
    }
    const upload = await calls.call("artifact", announced);
    const sent = await transfer(
      ports,
      `upload of artifact "${name}"`,
      upload.uploadUrl,
      { method: upload.method, headers: upload.headers, body: bytes },
      lease.gone,
    );
    try {
      // Also after a refusal: an earlier try may have arrived although its answer did not. The server knows.
      return await calls.call(
        "artifactComplete",
        {},
        { params: { artifactId: upload.artifactId } },
      );
    } catch (error) {
      if (!NofxApiError.is(error) || error.code !== "upload_missing") throw error;
      throw new NofxApiError({
        code: "upload_missing",
        message: `Artifact "${name}" did not arrive: storage answered ${sent.status}`,
        call: error.call,
        status: error.status,
        cause: error,
      });
    }
  };
  return (name, content, options) =>
    stages.within("artifact", name, () => store(name, content, options));
}

async function toBytes(content: string | Uint8Array | Blob): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof content === "string") return new TextEncoder().encode(content);
  if (content instanceof Blob) return new Uint8Array(await content.arrayBuffer());
  // A copy: the caller may go on writing into its buffer while this one is hashed and sent.
  return new Uint8Array(content);
}

function defaultType(content: string | Uint8Array | Blob): string {
  if (typeof content === "string") return "text/plain; charset=utf-8";
  return (content instanceof Blob && content.type) || "application/octet-stream";
}
