import "server-only";
import { createModelEndpoint, type ModelEndpoint } from "@nofx/control/model-endpoint";
import { plane } from "./plane.ts";
import { verifyToken } from "./verify-token.ts";

const held = globalThis as { nofxModelEndpoint?: ModelEndpoint };

/** The endpoint of this process. Its books are closed before an answer ends: nothing may be left to do after it where this runs. */
export function modelEndpoint(): ModelEndpoint {
  held.nofxModelEndpoint ??= createModelEndpoint(plane(), { verifyToken });
  return held.nofxModelEndpoint;
}
