import { timingSafeEqual, createHash } from "node:crypto";
import { NofxError } from "@nofx/core/errors";
import { readJson } from "../http/read-json.ts";

const MOST_BYTES = 100_000;

/** The token behind `Authorization: Bearer`. */
export function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

/** Compares without telling by its time how much agreed. */
export function isSameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** An error as JSON: its code and what to do. Of what nobody foresaw nothing is told. */
export function refuse(error: unknown, onError: (error: unknown) => void): Response {
  if (NofxError.is(error)) {
    if (error.status >= 500) onError(error);
    const { code, detail, issues } = error;
    return Response.json(
      { code, detail, ...(issues.length > 0 && { issues }) },
      { status: error.status },
    );
  }
  onError(error);
  return Response.json({ code: "internal" }, { status: 500 });
}

/** The body of a POST as JSON, of a sensible size. */
export async function readBody(request: Request): Promise<unknown> {
  if (request.method !== "POST") {
    throw new NofxError("method_not_allowed", { detail: "It answers to POST alone." });
  }
  return readJson(request, MOST_BYTES);
}
