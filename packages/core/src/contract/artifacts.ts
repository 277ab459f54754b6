import { z } from "zod";
import { ArtifactId } from "../vocabulary/ids.ts";
import { WorkspacePath } from "../vocabulary/steps.ts";
import { storableText } from "../vocabulary/text.ts";
import { Epoch } from "./values.ts";

/** The largest single artifact: what hosted storage takes by default. */
export const MAX_ARTIFACT_BYTES = 50 * 1024 * 1024;

/** A relative path, like `reports/failure.txt`; unique within its step. */
export const ArtifactName = WorkspacePath.refine(
  (path) => path.length <= 255,
  "use at most 255 characters",
);

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected a sha256 in lower-case hex");

/** `POST /steps/{stepId}/artifacts`: announces a file; its bytes then go to the signed address in the answer. */
export const ArtifactRequest = z.strictObject({
  epoch: Epoch,
  name: ArtifactName,
  contentType: storableText(255, 1),
  size: z.int().min(0).max(MAX_ARTIFACT_BYTES),
  sha256: Sha256,
});
export type ArtifactRequest = z.infer<typeof ArtifactRequest>;

export const ArtifactUpload = z.object({
  artifactId: ArtifactId,
  uploadUrl: z.url(),
  method: z.enum(["PUT", "POST"]),
  headers: z.record(z.string(), z.string()),
});
export type ArtifactUpload = z.infer<typeof ArtifactUpload>;

/** `POST /steps/{stepId}/artifacts/{artifactId}/complete`: the bytes have arrived and are checked. */
export const ArtifactCompleteRequest = z.strictObject({ epoch: Epoch });
export type ArtifactCompleteRequest = z.infer<typeof ArtifactCompleteRequest>;

export const StoredArtifact = z.object({
  artifactId: ArtifactId,
  name: ArtifactName,
  size: z.int().min(0),
  sha256: Sha256,
});
export type StoredArtifact = z.infer<typeof StoredArtifact>;
