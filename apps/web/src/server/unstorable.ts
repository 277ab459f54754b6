import { type Issue, pointer } from "@nofx/core/errors";

export function issuesOfUnstorable(found: { path: PropertyKey[]; message: string }[]): Issue[] {
  return found.slice(0, 200).map(({ path, message }) => ({ path: pointer(path), message }));
}
