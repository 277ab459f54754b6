import type { OpenAiErrorBody } from "@nofx/core/api/openai";

export interface OpenAiErrorOptions {
  /** The field of the request that is wrong. */
  readonly param?: string | undefined;
  /** In place of the type that goes with the status. */
  readonly type?: string;
  readonly retryAfterMs?: number | undefined;
  /** False keeps OpenAI's clients from asking again by themselves, whatever the status. */
  readonly retry?: boolean;
}

/** A refusal or failure in the shape that OpenAI's clients read. Thrown by what reads requests; written by the endpoint. */
export class OpenAiError extends Error {
  readonly status: number;
  readonly body: OpenAiErrorBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: OpenAiErrorBody, headers: Readonly<Record<string, string>>) {
    super(body.error.message);
    this.name = "OpenAiError";
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export function openAiError(
  code: string,
  message: string,
  status: number,
  options: OpenAiErrorOptions = {},
): OpenAiError {
  const { param = null, type = typeOf(status), retryAfterMs, retry } = options;
  return new OpenAiError(
    status,
    { error: { message, type, param, code } },
    {
      ...(retryAfterMs !== undefined && { "retry-after": `${Math.ceil(retryAfterMs / 1_000)}` }),
      ...(retry !== undefined && { "x-should-retry": `${retry}` }),
    },
  );
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
