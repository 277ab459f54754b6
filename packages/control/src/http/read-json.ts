import { NofxError } from "@nofx/core/errors";

/** What a request may carry; more goes to storage by a signed upload. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The JSON of a request, read no further than the limit. */
export async function readJson(request: Request, limit = MAX_BODY_BYTES): Promise<unknown> {
  const type = request.headers.get("content-type");
  if (type !== null && !/^application\/json\s*(;|$)/i.test(type)) {
    throw new NofxError("unsupported_media_type", { detail: "Send application/json." });
  }
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge(limit);
  const bytes = await readBytes(request, limit);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new NofxError("invalid_json", { detail: "The body is not JSON in UTF-8.", cause });
  }
}

async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
  } catch (error) {
    if (NofxError.is(error)) throw error;
    throw new NofxError("invalid_json", { detail: "The body ended too early.", cause: error });
  }
  return Buffer.concat(chunks);
}

function tooLarge(limit: number): NofxError {
  return new NofxError("payload_too_large", {
    detail: `A body has at most ${limit} bytes; larger things are artifacts.`,
    data: { limit },
  });
}
