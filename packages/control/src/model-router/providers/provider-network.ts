import { Agent, request, type Dispatcher } from "undici";
import { AddressRefused } from "../../net/address-refused.ts";
import { hostAndPort } from "../../net/allowed-hosts.ts";
import { guardedConnect, openConnect } from "../../net/guarded-connect.ts";
import { checkUrl, guardedFetch, type AllowedHosts, type Lookup } from "../../net/index.ts";
import { isHeaderValue } from "./is-header-value.ts";
import { ProviderFailure } from "./provider-failure.ts";
import { refusalOf, said } from "./refusal-of.ts";
import { secretFilter } from "./secret-filter.ts";

/** As the AI SDK wants it: what the platform's own function of that name takes and gives. */
export type ProviderFetch = (
  input: string | URL | Request,
  init?: RequestInit,
) => Promise<Response>;

/** How this process reaches providers. Made once: its connections are kept and used again. */
export interface ProviderNetwork {
  /** For the AI SDK. Answers of 200 to 299 only; all else is thrown as ProviderFailure. */
  readonly fetch: ProviderFetch;
  /** What stands at an address that somebody has put into a prompt. */
  download(url: URL, signal: AbortSignal | undefined): Promise<{ type: string; data: Uint8Array }>;
  close(): Promise<void>;
}

export interface ProviderNetworkOptions {
  /** What an operator allows although it is not public, or speaks without TLS. */
  readonly allowed: AllowedHosts;
  /** How names are looked up; the system's way unless a test brings its own. */
  readonly lookup?: Lookup | undefined;
  readonly now: () => Date;
}

/** More of an error's text is not looked at, more of an answer not read. */
const MOST_OF_ERROR = 64 * 1_024;
const MOST_OF_ANSWER = 128 * 1_024 * 1_024;
const MOST_OF_FILE = 20 * 1_024 * 1_024;

const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_|ERR_TLS|ERR_SSL|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/**
 * Each address is judged as it is written, by what its name leads to and by where the connection ended, as all that this product
 * calls (net/guarded-fetch.ts); unlike there connections are kept, because each was judged when it was made. Nothing is redirected.
 */
export function createProviderNetwork(options: ProviderNetworkOptions): ProviderNetwork {
  const { allowed, lookup, now } = options;
  const kept = { pipelining: 1, headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: 16_384 };
  const onConnected = () => {};
  const guarded = new Agent({ ...kept, connect: guardedConnect({ lookup, onConnected }) });
  const open = new Agent({ ...kept, connect: openConnect(onConnected) });

  const send: ProviderFetch = async (input, init = {}) => {
    const url = judge(String(input instanceof Request ? input.url : input), allowed);
    const headers = headersOf(init.headers);
    const response = await answerTo(url, {
      dispatcher: allowed.has(hostAndPort(url)) ? open : guarded,
      method: init.method ?? "GET",
      headers,
      body: (init.body ?? null) as string | null,
      signal: init.signal ?? null,
    });
    const { statusCode: status } = response;
    if (status >= 200 && status < 300) {
      return new Response(streamOf(response.body, init.signal), {
        status: status === 204 ? 200 : status,
        headers: { "content-type": first(response.headers["content-type"]) ?? "" },
      });
    }
    throw refusalOf(status, await errorText(response.body), {
      header: (name) => first(response.headers[name]),
      now: now(),
      filter: secretFilter(keyIn(headers)),
    });
  };

  return {
    fetch: send,
    async download(url, signal) {
      const answer = await guardedFetch({
        method: "GET",
        url: url.href,
        signal: signal ?? new AbortController().signal,
        allowed,
        lookup,
        maxBytes: MOST_OF_FILE,
        redirects: 3,
      });
      if (answer.status !== 200 || answer.truncated) {
        const why = answer.truncated ? "is larger than 20 MiB" : `answers ${answer.status}`;
        throw new ProviderFailure("refused_by_provider", `A file of the request ${why}.`);
      }
      const type = (answer.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
      return { type, data: answer.body };
    },
    async close() {
      await Promise.all([guarded.destroy(), open.destroy()]);
    },
  };
}

function judge(text: string, allowed: AllowedHosts): URL {
  try {
    const url = checkUrl(text, allowed);
    if (url.protocol === "http:" && !allowed.has(hostAndPort(url))) {
      throw new AddressRefused(`${hostAndPort(url)} would be sent the key without TLS.`);
    }
    return url;
  } catch (error) {
    throw refused(error);
  }
}

function refused(error: unknown): ProviderFailure {
  const why = AddressRefused.in(error)?.message ?? "This address may not be called.";
  return new ProviderFailure("address_refused", why);
}

function headersOf(given: RequestInit["headers"]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries((given ?? {}) as Record<string, string | undefined>)) {
    if (value === undefined) continue;
    if (!isHeaderValue(value)) {
      throw new ProviderFailure(
        "address_refused",
        `The header ${name.toLowerCase()} has a value that no header can have.`,
      );
    }
    headers[name.toLowerCase()] = value;
  }
  return { ...headers, "accept-encoding": "identity", "user-agent": "nofx" };
}

function keyIn(headers: Readonly<Record<string, string>>): string | null {
  const key = headers["x-api-key"] ?? headers["x-goog-api-key"] ?? headers.authorization;
  return key?.replace(/^Bearer /, "") ?? null;
}

async function answerTo(
  url: URL,
  options: Omit<Dispatcher.RequestOptions, "path"> & { dispatcher: Agent },
): Promise<Dispatcher.ResponseData> {
  try {
    return await request(url, options);
  } catch (error) {
    throw failedBefore(error, options.signal as AbortSignal | null);
  }
}

/** No answer began. */
function failedBefore(error: unknown, signal: AbortSignal | null): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (AddressRefused.in(error) !== undefined) return refused(error);
  return said(NEVER_SENT.test(codeOf(error)) ? "unreachable" : "cut_off");
}

function codeOf(error: unknown): string {
  const code: unknown =
    typeof error === "object" && error !== null ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "";
}

/** Chunks as they come; a connection that breaks off is a failure of ours. */
function streamOf(
  body: Dispatcher.ResponseData["body"],
  signal: AbortSignal | null | undefined,
): ReadableStream<Uint8Array> {
  const chunks = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let size = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (done === true) return controller.close();
          size += value.byteLength;
          if (size > MOST_OF_ANSWER) throw said("no_answer");
          controller.enqueue(value);
        } catch (error) {
          body.destroy();
          if (signal?.aborted === true) return controller.error(signal.reason);
          controller.error(error instanceof ProviderFailure ? error : said("cut_off"));
        }
      },
      cancel() {
        body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

async function errorText(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= MOST_OF_ERROR) break;
    }
  } catch {
    // the status says enough
  }
  return Buffer.concat(chunks).toString("utf8");
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
