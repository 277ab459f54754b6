import { hasBrand } from "./brand.ts";

const BRAND = Symbol.for("nofx.sdk.artifact-error");

/**
 * `missing`, `ambiguous`: no needed step, or more than one, has an artifact of that name; trying again does not help.
 * `unreadable`: its bytes could not be fetched. `corrupt`: they are not the ones that were stored.
 */
export type ArtifactErrorReason = "missing" | "ambiguous" | "unreadable" | "corrupt";

/** An artifact of a needed step that could not be read. */
export class ArtifactError extends Error {
  readonly [BRAND] = true;
  readonly artifact: string;
  readonly reason: ArtifactErrorReason;

  constructor(
    artifact: string,
    reason: ArtifactErrorReason,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = "ArtifactError";
    this.artifact = artifact;
    this.reason = reason;
  }

  static is(value: unknown): value is ArtifactError {
    return hasBrand(value, BRAND);
  }
}
