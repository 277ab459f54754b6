import {
  AGENT_KEY_PREFIX,
  AGENT_ROUTES,
  agentPath,
  AgentToken,
  IDEMPOTENCY_KEY_HEADER,
  Problem,
  type AgentParams,
  type AgentRequest,
  type AgentResponse,
  type AgentRouteName,
} from "@nofx/core/contract";
import { NofxApiError } from "../errors/index.ts";
import { systemClock, withTimeout, type Clock } from "./clock.ts";
import { Credentials } from "./credentials.ts";
import { retryAfterSeconds, retryDelayMs } from "./retry.ts";

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Where the control plane listens, like `http://127.0.0.1:8790`. */
  url: string;
  /** The agent's key, `nofx_ak_…`, which is exchanged for short-lived tokens; or such a token. */
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
  /** What it shows for itself now: the agent's key, or a token it was exchanged for. */
  bearer(): string;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const EXCHANGE_TIMEOUT_MS = 10_000;

export function createAgentClient(options: ClientOptions): AgentClient {
  const base = parseBase(options.url);
  assertKey(options.key);
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

  const credentials = new Credentials({
    key: options.key,
    clock,
    random,
    exchange: async () => {
      const init = initOf("token", options.key, newKey(), {});
      const url = `${base}${agentPath("token", {})}`;
      const answer = await once("token", url, init, { timeoutMs: EXCHANGE_TIMEOUT_MS });
      if (answer.status === 200) return parseAnswer("token", answer.text);
      throw parseProblem(answer, describeCall("token"), clock.now());
    },
  });

  return {
    bearer: () => credentials.bearer(),
    async call(name, params, body, callOptions = {}) {
      const describe = describeCall(name);
      const idempotencyKey = newKey();
      const url = `${base}${agentPath(name, params)}`;
      let refusals = 0;

      for (let tries = 0; ; tries++) {
        callOptions.signal?.throwIfAborted();
        const bearer = credentials.bearer();
        let error: NofxApiError;
        try {
          const init = initOf(name, bearer, idempotencyKey, body);
          const answer = await once(name, url, init, callOptions);
          if (answer.status === 200) return parseAnswer(name, answer.text);
          error = parseProblem(answer, describe, clock.now());
        } catch (thrown) {
          if (!NofxApiError.is(thrown)) throw thrown;
          error = thrown;
        }
        // a token that ended early, by a new signing key for example: once more, with another or with the key
        if (error.code === "unauthenticated" && credentials.refused(bearer) && refusals++ < 2) {
          continue;
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

function initOf(
  name: AgentRouteName,
  bearer: string,
  idempotencyKey: string,
  body: unknown,
): RequestInit {
  const { method } = AGENT_ROUTES[name];
  const headers: Record<string, string> = {
    authorization: `Bearer ${bearer}`,
    accept: "application/json, application/problem+json",
  };
  if (method === "POST") {
    headers["content-type"] = "application/json";
    headers[IDEMPOTENCY_KEY_HEADER] = idempotencyKey;
  }
  return { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
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

function assertKey(key: string): void {
  const why = whyNoKey(key);
  if (why === undefined) return;
  throw new NofxApiError({ code: "unauthenticated", message: why, call: describeCall("whoAmI") });
}

/** What can be told without asking: most often a variable is not set. */
function whyNoKey(key: string): string | undefined {
  if (key.trim() === "") {
    return `The key is empty: give the agent's key, it begins with ${AGENT_KEY_PREFIX}`;
  }
  if (key.startsWith(AGENT_KEY_PREFIX) || AgentToken.safeParse(key).success) return undefined;
  return `This is no agent key: it begins with ${AGENT_KEY_PREFIX}`;
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
