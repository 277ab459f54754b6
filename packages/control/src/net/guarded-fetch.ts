import { Agent, request, type Dispatcher } from "undici";
import { AddressRefused } from "./address-refused.ts";
import { hostAndPort, type AllowedHosts } from "./allowed-hosts.ts";
import { checkUrl } from "./check-url.ts";
import { guardedConnect, openConnect, type Lookup } from "./guarded-connect.ts";

export interface GuardedRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
  readonly allowed: AllowedHosts;
  /** More of the answer's body than this is not read. */
  readonly maxBytes: number;
  /** How many redirects a GET or HEAD follows; other methods follow none. */
  readonly redirects?: number;
  /** Statuses that are an answer and no redirect, although they look like one. */
  readonly final?: readonly number[] | undefined;
  /** How names are looked up; the system's way unless a test brings its own. */
  readonly lookup?: Lookup | undefined;
}

export interface GuardedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly truncated: boolean;
}

/** No answer, or not all of it. Before a connection stands nothing can have been sent. */
export class RequestFailed extends Error {
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause: unknown) {
    super(message, { cause });
    this.name = "RequestFailed";
    this.sent = sent;
  }
}

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * One request to the outside, for addresses that somebody else has chosen. Every hop is judged as it is written, by what
 * its name leads to, and by where the connection ended (see check-url.ts, guarded-connect.ts). No proxy, no cookies, no
 * credentials, no kept connections. Throws AddressRefused or RequestFailed; any status is an answer.
 */
export async function guardedFetch(options: GuardedRequest): Promise<GuardedResponse> {
  const { method, final = [], redirects = 0, allowed } = options;
  const follow = method === "GET" || method === "HEAD" ? redirects : 0;
  let url = checkUrl(options.url, allowed);
  let headers = options.headers ?? {};
  for (let hop = 0; ; hop++) {
    const response = await send(url, headers, options);
    const { location } = response.headers;
    const leads = REDIRECTS.includes(response.status) && !final.includes(response.status);
    if (!leads || location === undefined || follow === 0) return response;
    if (hop >= follow) throw new AddressRefused(`More than ${follow} redirects are not followed.`);
    const next = checkUrl(resolve(location, url), allowed);
    if (url.protocol === "https:" && next.protocol === "http:") {
      throw new AddressRefused("A redirect from https to http is not followed.");
    }
    // what was said to one host is not said to the next
    if (next.origin !== url.origin) headers = {};
    url = next;
  }
}

function resolve(location: string, base: URL): URL {
  if (!URL.canParse(location, base.href)) {
    throw new AddressRefused("It redirects to what is not an address.");
  }
  return new URL(location, base);
}

async function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  options: GuardedRequest,
): Promise<GuardedResponse> {
  let connected = false;
  const onConnected = () => {
    connected = true;
  };
  const open = options.allowed.has(hostAndPort(url));
  const agent = new Agent({
    connect: open
      ? openConnect(onConnected)
      : guardedConnect({ lookup: options.lookup, onConnected }),
    pipelining: 0,
    // the caller's signal is the only clock
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 16_384,
  });
  try {
    const response = await request(url, {
      dispatcher: agent,
      method: options.method,
      headers: { "accept-encoding": "identity", "user-agent": "nofx", ...headers },
      body: options.body ?? null,
      signal: options.signal,
    });
    const body = await readUpTo(response.body, options.maxBytes);
    return { status: response.statusCode, headers: flat(response.headers), ...body };
  } catch (error) {
    const refused = AddressRefused.in(error);
    if (refused !== undefined) throw refused;
    throw new RequestFailed(sayWhy(error, url), connected, error);
  } finally {
    await agent.destroy();
  }
}

async function readUpTo(
  stream: Dispatcher.ResponseData["body"],
  limit: number,
): Promise<{ body: Uint8Array; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const room = limit - size;
    if (chunk.length > room) {
      chunks.push(chunk.subarray(0, room));
      return { body: Buffer.concat(chunks), truncated: true };
    }
    chunks.push(chunk);
    size += chunk.length;
  }
  return { body: Buffer.concat(chunks), truncated: false };
}

function flat(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}

/** What is known of a failure, without what lies behind the address. */
function sayWhy(error: unknown, url: URL): string {
  const code = (error as { code?: unknown }).code;
  const what = typeof code === "string" ? code : error instanceof Error ? error.name : "unknown";
  return `No answer from ${url.host} (${what}).`;
}
