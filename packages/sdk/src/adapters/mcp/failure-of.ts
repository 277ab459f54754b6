import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import { permanent } from "../../errors/index.ts";

/** -32603 is the server's own fault, and may mend. The others say that the same request will be refused again. */
const INTERNAL_ERROR = -32603;

/** A line that broke or took too long; the rest of what the client reports is about the request or the server's build. */
const RETRYABLE = new Set<string>([
  SdkErrorCode.NotConnected,
  SdkErrorCode.RequestTimeout,
  SdkErrorCode.ConnectionClosed,
  SdkErrorCode.SendFailed,
  SdkErrorCode.ClientHttpFailedToOpenStream,
]);

/** The failure that an error of the client stands for. */
export function failureOf(error: unknown, tool: string): unknown {
  const data = { tool };
  if (SdkHttpError.isInstance(error)) {
    const { status } = error;
    return status >= 500 || status === 408 || status === 429
      ? error
      : permanent(error.message, { data: { ...data, status }, cause: error });
  }
  if (SdkError.isInstance(error)) {
    return RETRYABLE.has(error.code) ? error : permanent(error.message, { data, cause: error });
  }
  if (ProtocolError.isInstance(error) && error.code !== INTERNAL_ERROR) {
    return permanent(error.message, { data: { ...data, code: error.code }, cause: error });
  }
  return error;
}
