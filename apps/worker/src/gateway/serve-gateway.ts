import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const MOST_DISMISSED_BYTES = 64 * 1024 * 1024;

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `(Request) => Response` on a plain Node server; the request's signal fires when the client goes away. */
export async function serveGateway(options: {
  host: string;
  port: number;
  answer: (request: Request) => Promise<Response>;
}): Promise<Gateway> {
  const server = createServer((incoming, outgoing) => {
    void respond(incoming, outgoing, options.answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: Request) => Promise<Response>,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  try {
    const response = await answer(toRequest(incoming, gone.signal));
    if (gone.signal.aborted) return;
    const streams = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
    const body = streams ? undefined : Buffer.from(await response.arrayBuffer());
    response.headers.forEach((value, name) => outgoing.setHeader(name, value));
    const refused = !incoming.complete;
    if (refused) outgoing.setHeader("connection", "close");
    if (body === undefined) return await sendEvents(response, outgoing, gone.signal);
    outgoing.writeHead(response.status, { "content-length": body.byteLength });
    if (!refused) return void outgoing.end(body);
    outgoing.write(body);
    await dismissRest(incoming);
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}

/** Events as they come, no faster than the client takes them. A client that leaves is told to whoever makes them. */
async function sendEvents(
  { status, body }: Response,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  outgoing.writeHead(status);
  outgoing.flushHeaders();
  const events = body?.getReader();
  const leave = () => void events?.cancel().catch(() => {});
  gone.addEventListener("abort", leave, { once: true });
  for (;;) {
    const next = await events?.read();
    if (next === undefined || next.done || gone.aborted) break;
    if (!outgoing.write(next.value)) await roomIn(outgoing, gone);
  }
  gone.removeEventListener("abort", leave);
  outgoing.end();
}

function roomIn(outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      gone.removeEventListener("abort", done);
      resolve();
    };
    outgoing.once("drain", done);
    gone.addEventListener("abort", done, { once: true });
    if (gone.aborted) done();
  });
}

/**
 * Throws away what a client still sends of a refused body. Closed at once, the connection would break under its writes, and it would
 * see a broken pipe in place of the answer (nginx calls this a lingering close). Whoever sends more than that is cut off; whoever
 * sends too slowly is, by the server's time limit for a request.
 */
async function dismissRest(incoming: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const chunk of chunksOf(incoming)) {
    bytes += (chunk as Buffer).byteLength;
    if (bytes > MOST_DISMISSED_BYTES) break;
  }
}

/** What a request carries, read as it is asked for. Giving it up leaves the connection open: the answer must still get out. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = chunksOf(incoming);
  return new ReadableStream({
    async pull(body) {
      const next = await chunks.next();
      if (next.done === true) body.close();
      else body.enqueue(next.value as Uint8Array);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
}

function chunksOf(incoming: IncomingMessage): NodeJS.AsyncIterator<unknown> {
  return incoming.iterator({ destroyOnReturn: false });
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const item of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, item);
  }
  const method = incoming.method ?? "GET";
  const hasBody = method !== "GET" && method !== "HEAD";
  const init = {
    method,
    headers,
    signal,
    ...(hasBody ? { body: bodyOf(incoming), duplex: "half" } : {}),
  };
  // joined as text: a path that begins with two slashes must not become a host
  const path = incoming.url?.startsWith("/") ? incoming.url : "/";
  return new Request(`http://gateway${path}`, init as RequestInit);
}
