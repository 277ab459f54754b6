import type { z } from "zod";
import type { Issue } from "./nofx-error.ts";
import { sayIssue } from "./say-issue.ts";

/** zod's issues as ours: JSON pointers and plain sentences, at most 200 of them. */
export function issuesFromZod(error: z.ZodError, prefix: readonly PropertyKey[] = []): Issue[] {
  return error.issues.slice(0, 200).map((issue) => ({
    path: pointer([...prefix, ...issue.path]),
    message: sayIssue(issue),
  }));
}

export function pointer(path: readonly PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
