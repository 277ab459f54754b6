import { withTimeout, type Clock, type Fetch } from "../client/index.ts";
import { backoffMs, retryAfterSeconds } from "../client/index.ts";
import { ModelError, PermanentError, type FailureClass } from "../errors/index.ts";
import { checkSchema, jsonSchemaOf, type StandardSchema } from "../schema/index.ts";
import type {
  AnyTask,
  Llm,
  LlmAnswer,
  LlmRequest,
  ModelConnection,
  StepInfo,
} from "../tasks/index.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { identityOf } from "./identity.ts";
import type { Lease } from "./lease.ts";
import { readAnswer } from "./model-answer.ts";
import type { Stages } from "./stages.ts";

/** Where models are asked, and with what. */
export interface ModelPort {
  /** The control plane's address, without `/v1`. */
  readonly url: string;
  /** The agent's key, or a token it was exchanged for. */
  bearer(): string | Promise<string>;
}

export interface ModelPorts {
  readonly models: ModelPort;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: () => number;
}

type Request = LlmRequest<string> & { key?: string | number; output?: StandardSchema };

const DEADLINE_SECONDS = 600;
const GRACE_MS = 10_000;
const MAX_TRIES = 3;
const LONGEST_PAUSE_MS = 15_000;

/** `ctx.llm` */
export function createLlm(
  ports: ModelPorts,
  lease: Lease,
  stages: Stages,
  checkpoints: Checkpoints,
  { stepId, traceparent }: StepInfo,
  models: NonNullable<AnyTask["models"]>,
): Llm<string> {
  async function connection(): Promise<ModelConnection> {
    return {
      baseURL: `${ports.models.url.replace(/\/+$/, "")}/v1`,
      apiKey: await ports.models.bearer(),
      headers: {
        "nofx-step-id": stepId,
        ...(traceparent === null ? {} : { traceparent }),
      },
    };
  }

  async function ask(request: Request): Promise<LlmAnswer & { output?: unknown }> {
    const { model = models[0] ?? "auto", output } = request;
    if (!models.includes(model)) {
      throw new PermanentError(
        `Model "${model}" is none of those that the task was built with: ${models.join(", ")}.`,
      );
    }
    const { answer, headers } = await send(request, bodyOf(model, request));
    const said = readAnswer(answer, headers);
    if (output === undefined) return said;
    return { ...said, output: await parsed(said.text, output) };
  }

  async function send(
    request: Request,
    body: unknown,
  ): Promise<{ answer: unknown; headers: Headers }> {
    const { baseURL, apiKey, headers } = await connection();
    const deadlineMs = (request.deadlineSeconds ?? DEADLINE_SECONDS) * 1_000;
    const init: RequestInit = {
      method: "POST",
      headers: {
        ...headers,
        authorization: `Bearer ${apiKey}`,
        "content-type": "application/json",
        "nofx-deadline-ms": String(deadlineMs),
        ...(request.budgetUsd === undefined
          ? {}
          : { "nofx-budget-usd": decimal(request.budgetUsd) }),
        ...(request.cache === undefined ? {} : { "nofx-cache": request.cache }),
      },
      body: JSON.stringify(body),
    };
    for (let tries = 1; ; tries += 1) {
      lease.signal.throwIfAborted();
      const error = await once(`${baseURL}/chat/completions`, init, deadlineMs + GRACE_MS);
      if (!(error instanceof ModelError)) return error;
      const pause = (error.retryAfterSeconds ?? 0) * 1_000 + backoffMs(tries, ports.random);
      if (error.class !== "retryable" || error.status === undefined) throw error;
      if (tries >= MAX_TRIES || pause > LONGEST_PAUSE_MS) throw error;
      await ports.clock.sleep(pause, lease.signal);
    }
  }

  async function once(url: string, init: RequestInit, ms: number) {
    try {
      return await withTimeout(ports.clock, ms, lease.signal, async (signal) => {
        const response = await ports.fetch(url, { ...init, signal });
        const text = await response.text();
        if (response.ok) return { answer: JSON.parse(text) as unknown, headers: response.headers };
        return refusalOf(response, text, ports.clock.now());
      });
    } catch (cause) {
      lease.signal.throwIfAborted();
      return new ModelError({
        code: "network_error",
        status: undefined,
        message: "The model endpoint cannot be reached",
        class: "retryable",
        cause,
      });
    }
  }

  const llm = (...args: [request: Request] | [name: string, request: Request]) => {
    if (args.length === 1) return stages.within("model", null, () => ask(args[0]));
    const [name, { key, ...request }] = args;
    const identity = `llm ${identityOf(name, key)}`;
    return checkpoints.once("model", identity, () => ask(request));
  };
  return Object.assign(llm, { connection }) as Llm<string>;
}

function bodyOf(model: string, request: Request): Record<string, unknown> {
  const { system, prompt, messages = [], maxTokens, temperature, tools, output } = request;
  if (prompt === undefined && messages.length === 0) {
    throw new PermanentError("ctx.llm: give a prompt or messages.");
  }
  return {
    model,
    messages: [
      ...(system === undefined ? [] : [{ role: "system", content: system }]),
      ...messages,
      ...(prompt === undefined ? [] : [{ role: "user", content: prompt }]),
    ],
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(tools === undefined ? {} : { tools }),
    ...(output === undefined ? {} : { response_format: formatOf(output) }),
  };
}

function formatOf(output: StandardSchema): unknown {
  const schema = jsonSchemaOf(output, "input");
  if (schema === undefined) return { type: "json_object" };
  return { type: "json_schema", json_schema: { name: "answer", schema } };
}

/** The object that the model was asked for. One that does not fit is worth another try: models differ from time to time. */
async function parsed(text: string, schema: StandardSchema): Promise<unknown> {
  try {
    const json = /^\s*```(?:json)?\s*([^]*?)```\s*$/.exec(text)?.[1] ?? text;
    return await checkSchema(schema, JSON.parse(json), "answer of the model");
  } catch (cause) {
    throw new ModelError({
      code: "answer_invalid",
      status: undefined,
      message: cause instanceof Error ? cause.message : "The model's answer is not as asked",
      class: "retryable",
      cause,
    });
  }
}

function refusalOf(response: Response, text: string, now: number): ModelError {
  const { status, headers } = response;
  let told: { message?: unknown; code?: unknown } = {};
  try {
    told = (JSON.parse(text) as { error?: typeof told }).error ?? {};
  } catch {
    // not the endpoint's own answer: a proxy while it restarts
  }
  return new ModelError({
    code: typeof told.code === "string" ? told.code : "bad_response",
    status,
    message:
      typeof told.message === "string" ? told.message : `The model endpoint answered ${status}`,
    class: classOf(status, headers.get("x-should-retry") === "false"),
    retryAfterSeconds: retryAfterSeconds(headers.get("retry-after"), now),
  });
}

function classOf(status: number, final: boolean): FailureClass {
  if (status === 402) return "budget";
  if (status === 401 || status === 403) return "policy";
  if (status !== 408 && status !== 429 && status < 500) return "permanent";
  return final ? "permanent" : "retryable";
}

/** Never in the form 1e-7, which is no decimal. */
function decimal(usd: number): string {
  return usd.toFixed(12).replace(/\.?0+$/, "");
}
