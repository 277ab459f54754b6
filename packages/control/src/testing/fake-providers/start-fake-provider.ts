import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { ProviderKind } from "@nofx/core/model-router";
import { sse, wholeAnswer, type FakeAnswer, type Wire, type WireRequest } from "./fake-answer.ts";
import { formsOf, type FakeBehaviour } from "./fake-behaviour.ts";
import { anthropicMessages } from "./wires/anthropic.ts";
import { googleContent } from "./wires/google.ts";
import { mistralChat } from "./wires/mistral.ts";
import { openAiChat } from "./wires/openai-chat.ts";
import { openAiResponses } from "./wires/openai-responses.ts";

const WIRES: Record<Exclude<ProviderKind, "simulated">, { wire: Wire; base: string }> = {
  openai: { wire: openAiResponses, base: "/v1" },
  openai_compatible: { wire: openAiChat, base: "/v1" },
  anthropic: { wire: anthropicMessages, base: "/v1" },
  google: { wire: googleContent, base: "/v1beta" },
  mistral: { wire: mistralChat, base: "/v1" },
};

export interface FakeProviderOptions {
  readonly kind: keyof typeof WIRES;
  /** The only key that it takes; without it any. */
  readonly key?: string;
  readonly answer?: FakeAnswer;
}

/** A request as it came. */
export interface FakeRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A provider on this machine that speaks the real protocol of its kind over HTTP, and fails as it is told. */
export interface FakeProvider {
  readonly baseUrl: string;
  /** `127.0.0.1:port`: what an operator would have to allow. */
  readonly host: string;
  readonly requests: readonly FakeRequest[];
  /** How many it is answering now. */
  readonly open: number;
  /** How often somebody connected. */
  readonly connections: number;
  /** What it does with the next requests, one each; afterwards as `always` says. */
  next(...behaviours: FakeBehaviour[]): void;
  always(behaviour: FakeBehaviour): void;
  /** Lets go on what is held. */
  release(): void;
  close(): Promise<void>;
}

const DEFAULT_ANSWER: FakeAnswer = {
  text: "Hello from a fake provider.",
  usage: { input: 10, output: 6 },
};

export async function startFakeProvider(options: FakeProviderOptions): Promise<FakeProvider> {
  const { wire, base } = WIRES[options.kind];
  const requests: FakeRequest[] = [];
  const queue: FakeBehaviour[] = [];
  let usually: FakeBehaviour = { do: "answer" };
  let open = 0;
  let connections = 0;
  let holding = Promise.withResolvers<void>();

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const path = (request.url ?? "").split("?")[0] ?? "";
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    requests.push({ path, headers: request.headers, body });
    const key = wire.key(request.headers);
    const behaviour = queue.shift() ?? usually;
    const asked = wire.asked({ path, body });
    if (asked === undefined) return fail(response, wire, 404, "There is nothing here.");
    if (options.key !== undefined && key !== options.key) {
      return fail(response, wire, 401, `Incorrect API key provided: ${key ?? ""}.`);
    }
    const of = { path, body };
    const held = () => holding.promise;
    if (await misbehave(behaviour, { response, wire, key: key ?? "", held })) return undefined;
    const echo = behaviour.do === "echo" ? { text: formsOf(key ?? "").join(" ") } : undefined;
    if (echo !== undefined) response.setHeader("x-echo", key ?? "");
    if (asked === "embeddings") return embed(response, wire, of);
    const answer = wholeAnswer(
      echo ??
        (behaviour.do === "answer" ? behaviour.answer : undefined) ??
        options.answer ??
        DEFAULT_ANSWER,
    );
    if (asked === "stream") {
      return stream(response, wire.events(of, answer), behaviour, {
        wire,
        held,
        key: key ?? "",
        request: of,
      });
    }
    if (behaviour.do === "malformed") return json(response, 200, '{"half": ');
    if (behaviour.do === "cut" || behaviour.do === "end_early") {
      const whole = JSON.stringify(wire.answer(of, answer));
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": whole.length,
      });
      response.write(whole.slice(0, 20));
      response.socket?.destroySoon();
      return undefined;
    }
    return json(response, 200, wire.answer(of, answer));
  };

  const server = createServer((request, response) => {
    open++;
    response.once("close", () => open--);
    handle(request, response).catch(() => response.destroy());
  });
  server.on("connection", () => connections++);
  await new Promise<void>((done) => {
    server.listen(0, "127.0.0.1", done);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    baseUrl: `http://${host}${base}`,
    host,
    requests,
    get open() {
      return open;
    },
    get connections() {
      return connections;
    },
    next: (...behaviours) => void queue.push(...behaviours),
    always: (behaviour) => {
      usually = behaviour;
    },
    release() {
      holding.resolve();
      holding = Promise.withResolvers<void>();
    },
    close() {
      holding.resolve();
      server.closeAllConnections();
      return new Promise((done) => {
        server.close(() => done());
      });
    },
  };
}

/** True where the behaviour was the whole answer. */
async function misbehave(
  behaviour: FakeBehaviour,
  of: { response: ServerResponse; wire: Wire; key: string; held: () => Promise<void> },
): Promise<boolean> {
  const { response, wire, key } = of;
  switch (behaviour.do) {
    case "error": {
      for (const [name, value] of Object.entries(behaviour.headers ?? {})) {
        response.setHeader(name, value);
      }
      fail(response, wire, behaviour.status, told(behaviour, key));
      return true;
    }
    case "replay":
      replay(response, behaviour.body);
      return true;
    case "html":
      response.writeHead(200, { "content-type": "text/html" }).end("<html>A page.</html>");
      return true;
    case "redirect":
      response.writeHead(307, { location: behaviour.location }).end();
      return true;
    case "hold":
      if (behaviour.afterChunks === 0) await of.held();
      return false;
    case "slow":
      await delay(behaviour.firstMs);
      return false;
    default:
      return false;
  }
}

function told({ says = "It went wrong." }: { says?: string }, key: string): string {
  return says.replaceAll("{key}", key);
}

function replay(response: ServerResponse, body: object | readonly object[]): void {
  if (!Array.isArray(body)) return json(response, 200, body);
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(body.map((event: object) => sse(event)).join("") + sse("[DONE]"));
}

function embed(response: ServerResponse, wire: Wire, of: WireRequest): void {
  const count = wire.texts(of);
  const vectors = Array.from({ length: count }, (_, i) => [i, 0.5, -0.25, 1]);
  json(response, 200, wire.embeddings(of, vectors, count * 3));
}

async function stream(
  response: ServerResponse,
  events: readonly string[],
  behaviour: FakeBehaviour,
  of: { wire: Wire; held: () => Promise<void>; key: string; request: WireRequest },
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const stop = "afterChunks" in behaviour ? behaviour.afterChunks : undefined;
  for (const [i, event] of events.entries()) {
    if (i === stop) {
      switch (behaviour.do) {
        case "cut":
          response.socket?.destroySoon();
          return;
        case "end_early":
          response.end();
          return;
        case "malformed":
          response.write('data: {"half": \n\n');
          break;
        case "fail_in_stream":
          response.end(of.wire.errorEvent(of.request, told(behaviour, of.key)));
          return;
        case "hold":
          if (i > 0) await of.held();
          break;
        default:
          break;
      }
    }
    if (behaviour.do === "slow" && i > 0) await delay(behaviour.eachMs);
    if (response.destroyed) return;
    response.write(event);
  }
  response.end();
}

function fail(response: ServerResponse, wire: Wire, status: number, says: string): void {
  json(response, status, wire.error(status, says));
}

function json(response: ServerResponse, status: number, body: object | string): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json" }).end(text);
}
