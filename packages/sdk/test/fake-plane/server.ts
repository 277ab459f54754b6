import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  AGENT_ROUTES,
  IDEMPOTENCY_KEY_HEADER,
  matchAgentRoute,
  PATH_PARAMS,
  type AgentRouteName,
} from "@nofx/core/contract";
import { issuesFromZod, NofxError, PROBLEM_CONTENT_TYPE, toProblem } from "@nofx/core/errors";
import { Plane, type PlaneOptions } from "./plane.ts";

export const KEY = "nofx_ak_test_0123456789abcdef";

/** What happens to one request: the line is cut before or after it is handled, or it is answered with an error. */
export type Fault = "cut-before" | "cut-after" | NofxError | { status: number; body: string };

interface Answer {
  status: number;
  body: string;
  type: string;
  headers?: Record<string, string>;
}

/** A server made from the contract's table: requests and answers are held to its schemas. */
export class FakePlane extends Plane implements AsyncDisposable {
  readonly url: string;
  readonly requests: { name: AgentRouteName | "storage"; key: string | undefined }[] = [];
  /** What answers beside the agent API: models, an author's own services. */
  readonly others = new Map<string, (body: string) => string>();
  readonly #server;
  readonly #answers = new Map<string, Promise<Answer>>();
  readonly #faults: { name: AgentRouteName | "storage"; fault: Fault }[] = [];
  readonly #beforeClose: (() => Promise<unknown>)[] = [];
  /** While set, nothing gets through. */
  down = false;

  private constructor(options: PlaneOptions, server: ReturnType<typeof createServer>) {
    super(options);
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.origin = this.url;
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  static async start(options: PlaneOptions = {}): Promise<FakePlane> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new FakePlane(options, server);
  }

  beforeClose(act: () => Promise<unknown>): void {
    this.#beforeClose.push(act);
  }

  /** The next request of that name meets this. */
  fault(name: AgentRouteName | "storage", ...faults: Fault[]): void {
    this.#faults.push(...faults.map((fault) => ({ name, fault })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.down = false;
    await Promise.all(this.#beforeClose.map((act) => act()));
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const { pathname } = new URL(request.url ?? "/", this.url);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);

    const match = matchAgentRoute(request.method ?? "", pathname);
    const name = match.found ? match.name : "storage";
    const key = request.headers[IDEMPOTENCY_KEY_HEADER];
    this.requests.push({ name, key: typeof key === "string" ? key : undefined });
    const fault = this.#takeFault(name);
    if (this.down || fault === "cut-before") {
      request.socket.destroy();
      this.changed();
      return;
    }
    const answer =
      fault === undefined || fault === "cut-after"
        ? await this.#handleOnce(request, pathname, body, gone.signal)
        : faultAnswer(fault);
    this.changed();
    if (fault === "cut-after") {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { "content-type": answer.type, ...answer.headers });
    response.end(answer.body);
  }

  #takeFault(name: AgentRouteName | "storage"): Fault | undefined {
    const index = this.#faults.findIndex((entry) => entry.name === name);
    return index < 0 ? undefined : this.#faults.splice(index, 1)[0]?.fault;
  }

  /** As the real one does: what was done under a key is not done again, its answer is repeated. */
  async #handleOnce(
    request: IncomingMessage,
    pathname: string,
    body: Buffer,
    gone: AbortSignal,
  ): Promise<Answer> {
    const key = request.headers[IDEMPOTENCY_KEY_HEADER];
    if (typeof key !== "string") return this.#handle(request, pathname, body, gone);
    const known = this.#answers.get(key) ?? this.#handle(request, pathname, body, gone);
    this.#answers.set(key, known);
    return known;
  }

  async #handle(
    request: IncomingMessage,
    pathname: string,
    body: Buffer,
    gone: AbortSignal,
  ): Promise<Answer> {
    const other = this.others.get(pathname);
    if (other) return { status: 200, body: other(body.toString()), type: "application/json" };
    const storage = /^\/storage\/(.+)$/.exec(pathname)?.[1];
    if (storage !== undefined) return this.#storage(request, storage, body);
    try {
      const match = matchAgentRoute(request.method ?? "", pathname);
      if (!match.found) throw new NofxError(match.code);
      if (request.headers.authorization !== `Bearer ${KEY}`) throw new NofxError("unauthenticated");
      for (const [name, value] of Object.entries(match.params)) {
        if (!PATH_PARAMS[name as keyof typeof PATH_PARAMS].safeParse(value).success)
          throw new NofxError("not_found");
      }
      const route = AGENT_ROUTES[match.name];
      if (route.method === "POST" && request.headers[IDEMPOTENCY_KEY_HEADER] === undefined) {
        throw new NofxError("idempotency_key_required");
      }
      let input: unknown;
      if (route.request) {
        const parsed = route.request.safeParse(JSON.parse(body.toString()));
        if (!parsed.success)
          throw new NofxError("invalid_input", { issues: issuesFromZod(parsed.error) });
        input = parsed.data;
      }
      const output = route.response.parse(await this.handle(match.name, match.params, input, gone));
      return { status: 200, body: JSON.stringify(output), type: "application/json" };
    } catch (error) {
      if (!NofxError.is(error)) console.error(error);
      return errorAnswer(error);
    }
  }

  #storage(request: IncomingMessage, id: string, body: Buffer): Answer {
    const file = this.files.get(id);
    if (!file) return { status: 404, body: "", type: "text/plain" };
    if (request.method !== "PUT")
      return { status: 200, body: file.bytes?.toString() ?? "", type: file.contentType };
    if (file.bytes) return { status: 409, body: "exists", type: "text/plain" };
    file.bytes = body;
    return { status: 200, body: "{}", type: "application/json" };
  }
}

function faultAnswer(fault: NofxError | { status: number; body: string }): Answer {
  return NofxError.is(fault) ? errorAnswer(fault) : { ...fault, type: "text/html" };
}

function errorAnswer(error: unknown): Answer {
  const problem = toProblem(error);
  const wait = NofxError.is(error) ? error.retryAfterSeconds : undefined;
  return {
    status: problem.status,
    body: JSON.stringify(problem),
    type: PROBLEM_CONTENT_TYPE,
    ...(wait === undefined ? {} : { headers: { "retry-after": String(wait) } }),
  };
}
