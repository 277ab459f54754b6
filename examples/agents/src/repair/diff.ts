import { formatPatch, structuredPatch } from "diff";

/** A unified diff of one file, in the form that `git apply` takes. */
export function gitDiff(path: string, before: string, after: string): string {
  const patch = structuredPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    context: 3,
  });
  return formatPatch({ ...patch, isGit: true });
}
