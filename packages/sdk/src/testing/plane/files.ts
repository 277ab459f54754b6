import { createHash } from "node:crypto";
import type { AgentRequest, AgentResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { ORIGIN } from "./origin.ts";
import type { PlaneState } from "./state.ts";

export function announceFile(
  state: PlaneState,
  stepId: string,
  { name, contentType, size, sha256 }: AgentRequest<"artifact">,
): AgentResponse<"artifact"> {
  const artifactId = state.ids.make("artifact");
  const file = { stepId, name, contentType, size, sha256, bytes: undefined, complete: false };
  state.files.set(artifactId, file);
  return {
    artifactId,
    uploadUrl: `${ORIGIN}/storage/${artifactId}`,
    method: "PUT",
    headers: { "content-type": contentType },
  };
}

/** One announced again under a name replaces the earlier one. */
export function completeFile(
  state: PlaneState,
  stepId: string,
  artifactId: string,
): AgentResponse<"artifactComplete"> {
  const file = state.files.get(artifactId);
  if (file?.bytes === undefined || file.stepId !== stepId) throw new NofxError("upload_missing");
  for (const [id, other] of state.files) {
    if (other.stepId === stepId && other.name === file.name && id !== artifactId)
      state.files.delete(id);
  }
  file.complete = true;
  return { artifactId, name: file.name, size: file.size, sha256: file.sha256 };
}

/** The signed addresses. */
export async function storage(
  state: PlaneState,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const file = state.files.get(path.slice("/storage/".length));
  if (file === undefined) return new Response("", { status: 404 });
  if (init.method === "GET" || init.method === undefined) {
    return file.bytes === undefined ? new Response("", { status: 404 }) : new Response(file.bytes);
  }
  const bytes = new Uint8Array(await new Response(init.body ?? "").arrayBuffer());
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (bytes.byteLength !== file.size || sha256 !== file.sha256) {
    return new Response("", { status: 400 });
  }
  file.bytes = bytes;
  return new Response("{}");
}
