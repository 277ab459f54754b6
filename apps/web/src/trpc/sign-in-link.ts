import type { TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { readProblem } from "./problem.ts";

/**
 * Tells when the server no longer knows who is asking, whatever was asked: the session ended, here or elsewhere. The
 * error goes on to whoever asked all the same.
 */
export function signInLink<TRouter extends AnyTRPCRouter>(
  onSignedOut: () => void,
): TRPCLink<TRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) =>
        next(op).subscribe({
          next: (value) => observer.next(value),
          complete: () => observer.complete(),
          error: (error) => {
            if (readProblem(error)?.code === "unauthenticated") onSignedOut();
            observer.error(error);
          },
        }),
      );
}
