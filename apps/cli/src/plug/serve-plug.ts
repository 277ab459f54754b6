import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import type { Freezer } from "./freezer.ts";

export interface ServedPlug {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

const FreezeOrder = z.object({ worker: z.string().max(200) });
const MAX_BODY = 1_000;

/**
 * Where the dashboard pulls the plug: POST /standby sees to it that there are two workers, POST /freeze stops one for a while.
 * On this machine only, and only for who has the token, which the web server alone is given.
 */
export async function servePlug(options: {
  freezer: Freezer;
  standby: () => Promise<void>;
}): Promise<ServedPlug> {
  const token = randomBytes(24).toString("base64url");
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      },
      (error: unknown) => {
        response.writeHead(500, { "content-type": "application/json" });
        response.end(JSON.stringify({ error: String(error) }));
      },
    );
  });

  async function answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    if (!isBearer(request, token)) return { status: 401, body: {} };
    if (request.method !== "POST") return { status: 405, body: {} };
    const text = await readAll(request);
    if (request.url === "/standby") {
      await options.standby();
      return { status: 200, body: {} };
    }
    if (request.url !== "/freeze") return { status: 404, body: {} };
    const order = FreezeOrder.safeParse(tryJson(text));
    if (!order.success) return { status: 400, body: {} };
    const freezing = options.freezer.freeze(order.data.worker);
    switch (freezing.type) {
      case "frozen":
        return { status: 200, body: { seconds: freezing.seconds, standby: freezing.standby } };
      case "busy":
        return { status: 409, body: {} };
      case "gone":
        return { status: 404, body: {} };
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isBearer(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY) break;
  }
  return text;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
