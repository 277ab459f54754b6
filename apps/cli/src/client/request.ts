import { NofxError, Problem } from "@nofx/core/errors";
import { setTimeout as delay } from "node:timers/promises";
import type { z } from "zod";

export interface RequestOptions {
  baseUrl: string;
  accessToken: string;
  signal?: AbortSignal | undefined;
  fetch?: typeof fetch;
  /** How long to wait before the first repeat; twice as long before each one after. */
  firstWaitMs?: number;
}

export type Question = Record<string, string | number | boolean | undefined>;

const TRIES = 5;
const FIRST_WAIT_MS = 200;

/** `GET path`, its answer parsed. */
export function ask<S extends z.ZodType>(
  options: RequestOptions,
  path: string,
  schema: S,
  question: Question = {},
): Promise<z.output<S>> {
  const search = new URLSearchParams(
    Object.entries(question).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
  const query = search.size === 0 ? "" : `?${search.toString()}`;
  return send(options, `${path}${query}`, { method: "GET" }, schema);
}

/** `POST path`, once by its key however often it is sent. */
export function command<S extends z.ZodType>(
  options: RequestOptions,
  path: string,
  schema: S,
  body: unknown,
  idempotencyKey: string,
): Promise<z.output<S>> {
  const headers = { "content-type": "application/json", "idempotency-key": idempotencyKey };
  return send(options, path, { method: "POST", headers, body: JSON.stringify(body) }, schema);
}

/** Repeats what may pass by itself: a connection that breaks, a server that asks for patience. */
async function send<S extends z.ZodType>(
  options: RequestOptions,
  path: string,
  init: { method: string; headers?: Record<string, string>; body?: string },
  schema: S,
): Promise<z.output<S>> {
  const { baseUrl, accessToken, signal, firstWaitMs = FIRST_WAIT_MS } = options;
  const request: RequestInit = {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${accessToken}` },
    signal: AbortSignal.any([AbortSignal.timeout(30_000), ...(signal ? [signal] : [])]),
  };
  for (let tried = 1; ; tried += 1) {
    try {
      const response = await (options.fetch ?? fetch)(`${baseUrl}/api${path}`, request);
      if (response.ok) return schema.parse(await response.json());
      throw await problemOf(response);
    } catch (error) {
      signal?.throwIfAborted();
      if (tried === TRIES || !passes(error)) throw asProblem(error, baseUrl);
      await delay(firstWaitMs * 2 ** (tried - 1), undefined, signal ? { signal } : {});
    }
  }
}

function passes(error: unknown): boolean {
  if (NofxError.is(error)) return ["unavailable", "idempotency_in_flight"].includes(error.code);
  return error instanceof TypeError;
}

function asProblem(error: unknown, baseUrl: string): unknown {
  if (!(error instanceof TypeError)) return error;
  return new NofxError("unavailable", {
    detail: `${baseUrl} does not answer. \`npx nofx status\` says what runs.`,
    cause: error,
  });
}

async function problemOf(response: Response): Promise<NofxError> {
  const text = await response.text();
  try {
    const { code, detail, issues = [], data = {} } = Problem.parse(JSON.parse(text));
    return new NofxError(code, {
      ...(detail === undefined ? {} : { detail }),
      issues: issues.map(withoutUndefined),
      data,
    });
  } catch {
    return new NofxError(response.status >= 500 ? "unavailable" : "internal", {
      detail: `The server answered ${response.status} without saying why.`,
      cause: text.slice(0, 500),
    });
  }
}

function withoutUndefined(issue: { path: string; message: string; item?: string | undefined }) {
  const { path, message, item } = issue;
  return { path, message, ...(item === undefined ? {} : { item }) };
}
