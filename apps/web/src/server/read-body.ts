import { NofxError } from "@nofx/core/errors";

/** What a request body may measure; files above it go by signed upload. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

function tooLarge(maxBytes: number): NofxError {
  const detail =
    maxBytes < MAX_BODY_BYTES
      ? `Bodies end at ${maxBytes / 1024} kB here.`
      : "Bodies end at 4 MB. Announce a larger file with POST /api/uploads, PUT it to the address you get, " +
        "and import it by its uploadId.";
  return new NofxError("payload_too_large", { detail, data: { maxBytes } });
}

function notUtf8(cause: unknown): NofxError {
  return new NofxError("invalid_json", { detail: "The body is not UTF-8 text.", cause });
}

/** The body as text. Stops reading, and refuses, at the first byte over the limit. */
export async function readBody(request: Request, maxBytes = MAX_BODY_BYTES): Promise<string> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (request.body === null) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  // without fatal, a wrong byte would be stored as a replacement character
  const decode = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw notUtf8(error);
    }
  };
  let text = "";
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decode();
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLarge(maxBytes);
    }
    text += decode(value);
  }
}
