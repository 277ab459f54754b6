"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import { ErrorState, ForbiddenState } from "@nofx/ui/blocks/states";
import { SkeletonRows } from "@nofx/ui/primitives/skeleton";
import type { ReactNode } from "react";
import { complaintOf } from "#trpc/problem.ts";

/**
 * What stands where data is not there: loading, not allowed or failed. Once there is data, a failing refresh keeps
 * showing it; the live indicator says how old it is.
 */
export function QueryView<T>({
  query,
  what,
  skeleton,
  back,
  children,
}: {
  query: Pick<UseQueryResult<T, unknown>, "data" | "error" | "isPending" | "refetch">;
  /** What is being shown, as in "You may not see …". */
  what: string;
  skeleton?: ReactNode;
  /** The way out of a page that is there for this alone. */
  back?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return skeleton ?? <SkeletonRows label={`Loading ${what}`} />;
  const complaint = complaintOf(query.error);
  if (complaint.code === "forbidden") {
    return (
      <ForbiddenState
        what={what}
        {...(complaint.detail === undefined ? {} : { needs: complaint.detail })}
      />
    );
  }
  const retry = complaint.code === "not_found" ? undefined : () => void query.refetch();
  return (
    <>
      {back !== undefined && <p className="text-sm text-accent">{back}</p>}
      <ErrorState {...complaint} onRetry={retry} />
    </>
  );
}
