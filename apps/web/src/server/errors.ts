import {
  type ErrorCode,
  HTTP_STATUS,
  issuesFromZod,
  NofxError,
  type Problem,
  toProblem,
} from "@nofx/core/errors";
import { TRPCError } from "@trpc/server";
import { z } from "zod";

type TrpcCode = TRPCError["code"];

const TRPC_CODE_BY_STATUS: Record<number, TrpcCode> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_SUPPORTED",
  409: "CONFLICT",
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  422: "UNPROCESSABLE_CONTENT",
  429: "TOO_MANY_REQUESTS",
  500: "INTERNAL_SERVER_ERROR",
  503: "SERVICE_UNAVAILABLE",
};

/** What tRPC itself refuses, before any command of ours is reached. Its other codes are faults of ours. */
const CODE_OF_TRPC: Partial<Record<TrpcCode, ErrorCode>> = {
  BAD_REQUEST: "invalid_input",
  PARSE_ERROR: "invalid_json",
  UNAUTHORIZED: "unauthenticated",
  FORBIDDEN: "forbidden",
  NOT_FOUND: "not_found",
  METHOD_NOT_SUPPORTED: "method_not_allowed",
  PAYLOAD_TOO_LARGE: "payload_too_large",
  UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
};

export function toTrpcError(error: NofxError): TRPCError {
  return new TRPCError({
    code: TRPC_CODE_BY_STATUS[HTTP_STATUS[error.code]] ?? "INTERNAL_SERVER_ERROR",
    message: error.message,
    cause: error,
  });
}

/** The error behind whatever was thrown: ours as it is, tRPC's by its code, anything else as `internal`. */
export function toNofxError(thrown: unknown): NofxError {
  if (NofxError.is(thrown)) return thrown;
  if (!(thrown instanceof TRPCError)) return new NofxError("internal", { cause: thrown });
  if (NofxError.is(thrown.cause)) return thrown.cause;
  if (thrown.code === "BAD_REQUEST" && thrown.cause instanceof SyntaxError) {
    return new NofxError("invalid_json", { cause: thrown });
  }
  const code = CODE_OF_TRPC[thrown.code] ?? "internal";
  if (code === "invalid_input" && thrown.cause instanceof z.ZodError) {
    return new NofxError(code, { issues: issuesFromZod(thrown.cause), cause: thrown });
  }
  return new NofxError(code, { cause: thrown });
}

/** The problem that stands for whatever was thrown; the same on tRPC and on REST. */
export function problemOf(thrown: unknown): Problem {
  return toProblem(toNofxError(thrown));
}
