import { canonicalJson } from "@nofx/core/canonical";
import type { Plane } from "../command/plane.ts";

/** What a yes to one use of a tool is bound to: another argument, version or target makes another digest. */
export function toolDigest(
  plane: Pick<Plane, "sha256">,
  use: {
    tool: string;
    version: string;
    target: string | null;
    arguments: Record<string, unknown>;
  },
): string {
  const { tool, version, target, arguments: args } = use;
  return plane.sha256(canonicalJson([tool, version, target, args]));
}

/** What an answer to a question of a step is bound to: the words, and what they are about. */
export function questionDigest(
  plane: Pick<Plane, "sha256">,
  question: string,
  details: Record<string, unknown>,
): string {
  return plane.sha256(canonicalJson([question, details]));
}
