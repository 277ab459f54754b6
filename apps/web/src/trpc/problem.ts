import type { Problem } from "@nofx/core/errors";

/** The problem inside an error of the tRPC client; undefined when no answer came at all. */
export function readProblem(error: unknown): Problem | undefined {
  if (typeof error !== "object" || error === null || !("data" in error)) return undefined;
  const { data } = error;
  if (typeof data !== "object" || data === null || !("problem" in data)) return undefined;
  const { problem } = data;
  return typeof problem === "object" && problem !== null && "code" in problem && "status" in problem
    ? (problem as Problem)
    : undefined;
}

export interface Complaint {
  title: string;
  detail?: string | undefined;
  code?: string | undefined;
  issues?: Problem["issues"];
}

/** An error in words people can act on. */
export function complaintOf(error: unknown): Complaint {
  const problem = readProblem(error);
  if (problem) {
    return {
      title: problem.title,
      detail: problem.detail,
      code: problem.code,
      // a sentence that the detail says already is not said twice
      issues: problem.issues?.filter(({ message }) => problem.detail?.includes(message) !== true),
    };
  }
  return {
    title: "The control plane does not answer.",
    detail: "Nothing was lost. This page asks again by itself once the connection is back.",
    code: "unreachable",
  };
}
