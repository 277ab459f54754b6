import {
  AGENT_ROUTES,
  agentPath,
  IDEMPOTENCY_KEY_HEADER,
  Problem,
  type AgentParams,
  type AgentRequest,
  type AgentResponse,
  type AgentRouteName,
} from "@nofx/core/contract";
import { NofxApiError } from "../errors/index.ts";
import { systemClock, withTimeout, type Clock } from "./clock.ts";
import { retryAfterSeconds, retryDelayMs } from "./retry.ts";

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Where the control plane listens, like `http://127.0.0.1:8790`. */
  url: string;
  /** The agent's key, `nofx_ak_…`. */
  key: string;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
  newIdempotencyKey?: (() => string) | undefined;
}

export interface CallOptions {
  /** Ends the call, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** A time on the clock after which a failing call is not tried again. Without one it is tried until `signal`. */
  giveUpAt?: number | undefined;
  /** How long one try may take. */
  timeoutMs?: number | undefined;
  onRetry?: ((error: NofxApiError, waitMs: number) => void) | undefined;
}

/** Typed calls of the agent API: one idempotency key a call, the same one on its retries. */
export interface AgentClient {
  call<N extends AgentRouteName>(
    name: N,
    params: AgentParams<N>,
    body: AgentRequest<N>,
    options?: CallOptions,
  ): Promise<AgentResponse<N>>;
}

const DEFAULT_TIMEOUT_MS = 30_000;

export function createAgentClient(options: ClientOptions): AgentClient {
  const base = parseBase(options.url);
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const send = options.fetch ?? ((input, init) => fetch(input, init));
  const newKey = options.newIdempotencyKey ?? (() => crypto.randomUUID());

  async function once(
    name: AgentRouteName,
    url: string,
    init: RequestInit,
    call: CallOptions,
  ): Promise<{ status: number; headers: Headers; text: string }> {
    const describe = describeCall(name);
    try {
      return await withTimeout(
        clock,
        call.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        call.signal,
        async (signal) => {
          const response = await send(url, { ...init, signal });
          return {
            status: response.status,
            headers: response.headers,
            text: await response.text(),
          };
        },
      );
    } catch (cause) {
      call.signal?.throwIfAborted();
      throw new NofxApiError({
        code: "network_error",
        message: `${base} cannot be reached: ${reasonOf(cause)}`,
        call: describe,
        cause,
      });
    }
  }

  return {
    async call(name, params, body, callOptions = {}) {
      const route = AGENT_ROUTES[name];
      const describe = describeCall(name);
      const headers: Record<string, string> = {
        authorization: `Bearer ${options.key}`,
        accept: "application/json, application/problem+json",
      };
      if (route.method === "POST") {
        headers["content-type"] = "application/json";
        headers[IDEMPOTENCY_KEY_HEADER] = newKey();
      }
      const init: RequestInit = {
        method: route.method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      const url = `${base}${agentPath(name, params)}`;

      for (let tries = 0; ; tries++) {
        callOptions.signal?.throwIfAborted();
        let error: NofxApiError;
        try {
          const answer = await once(name, url, init, callOptions);
          if (answer.status === 200) return parseAnswer(name, answer.text);
          error = parseProblem(answer, describe, clock.now());
        } catch (thrown) {
          if (!NofxApiError.is(thrown)) throw thrown;
          error = thrown;
        }
        const wait = retryDelayMs(error, tries, random);
        if (wait === undefined) throw error;
        const left = (callOptions.giveUpAt ?? Infinity) - clock.now();
        if (left <= 0 || (error.retryAfterSeconds ?? 0) * 1_000 > left) throw error;
        const pause = Math.min(wait, left);
        callOptions.onRetry?.(error, pause);
        await clock.sleep(pause, callOptions.signal);
      }
    },
  };
}

function describeCall(name: AgentRouteName): string {
  return `${AGENT_ROUTES[name].method} ${AGENT_ROUTES[name].path}`;
}

function parseBase(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError(
      `url: expected the address of a control plane, like http://127.0.0.1:8790, got "${url}"`,
    );
  }
  return url.replace(/\/+$/, "");
}

function parseAnswer<N extends AgentRouteName>(name: N, text: string): AgentResponse<N> {
  const parsed = AGENT_ROUTES[name].response.safeParse(parseJson(text));
  if (parsed.success) return parsed.data as AgentResponse<N>;
  const issue = parsed.error.issues[0];
  throw new NofxApiError({
    code: "bad_response",
    message: `The answer does not have the expected form at "${issue?.path.join("/") ?? ""}": ${issue?.message ?? ""}`,
    call: describeCall(name),
    status: 200,
    cause: parsed.error,
  });
}

function parseProblem(
  answer: { status: number; headers: Headers; text: string },
  call: string,
  now: number,
): NofxApiError {
  const problem = Problem.safeParse(parseJson(answer.text));
  const wait = retryAfterSeconds(answer.headers.get("retry-after"), now);
  if (!problem.success) {
    return new NofxApiError({
      code: "bad_response",
      message: `Something answered ${answer.status} that is not the control plane's API`,
      call,
      status: answer.status,
      retryAfterSeconds: wait,
    });
  }
  const { code, detail, title, issues, data } = problem.data;
  const first = issues?.[0];
  return new NofxApiError({
    code,
    message: (detail ?? title) + (first ? ` ${first.path}: ${first.message}` : ""),
    call,
    status: answer.status,
    issues: issues?.map(({ path, message, item }) =>
      item === undefined ? { path, message } : { path, message, item },
    ),
    data,
    retryAfterSeconds: wait,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch says only "fetch failed"; what happened is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return "code" in cause ? String(cause.code) : cause.message;
  return error.message;
}
