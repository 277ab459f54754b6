import type pg from "pg";
import { z } from "zod";
import type { Keys } from "../gateway/keys.ts";
import { verifyCredential } from "../gateway/verify-token.ts";
import { authorizeTopic } from "./authorize-topic.ts";
import type { Hub } from "./hub.ts";

const MAX_BODY_BYTES = 1024 * 1024;

const Message = z.object({
  topic: z.string(),
  event: z.string(),
  payload: z.unknown(),
  private: z.boolean().default(false),
});
type Message = z.infer<typeof Message>;

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "POST, OPTIONS",
  "access-control-allow-headers": "authorization, apikey, content-type, x-client-info",
};

/** Sending without a socket: `POST /realtime/v1/api/broadcast`, and the form for a single message below it. */
export async function handleRealtimeRequest(
  request: Request,
  { pool, hub, keys }: { pool: pg.Pool; hub: Hub; keys: Keys },
): Promise<Response> {
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: CORS });
  const apiKey = request.headers.get("apikey") ?? "";
  if (apiKey !== keys.publishableKey && apiKey !== keys.secretKey)
    return answer(401, "Invalid API key");
  const bearer = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? apiKey;
  const verdict = verifyCredential(bearer.startsWith("sb_") ? apiKey : bearer, keys);
  if (!verdict.ok) return answer(401, "Invalid JWT");
  if (request.method !== "POST") return answer(404, "Not found");

  const messages = await readMessages(request);
  if (typeof messages === "string") return answer(422, messages);
  for (const message of messages) {
    if (!message.private) return answer(422, "Only private channels are allowed");
    const rights = await authorizeTopic(pool, verdict.claims, message.topic);
    if (!rights.write)
      return answer(403, `You do not have permissions to send on ${message.topic}`);
  }
  for (const { topic, event, payload } of messages) hub.publish({ topic, event, payload });
  return new Response(null, { status: 202, headers: CORS });
}

async function readMessages(request: Request): Promise<Message[] | string> {
  const text = await request.text();
  if (text.length > MAX_BODY_BYTES) return "The body is too large";
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return "The body is not JSON";
  }
  const url = new URL(request.url);
  const one = /^\/realtime\/v1\/api\/broadcast\/([^/]+)\/events\/([^/]+)$/.exec(url.pathname);
  if (one) {
    const [, topic = "", event = ""] = one;
    return [
      {
        topic: decodeURIComponent(topic),
        event: decodeURIComponent(event),
        payload: body,
        private: url.searchParams.get("private") === "true",
      },
    ];
  }
  if (url.pathname !== "/realtime/v1/api/broadcast") return "Unknown path";
  const parsed = z.object({ messages: z.array(Message).max(100) }).safeParse(body);
  return parsed.success
    ? parsed.data.messages
    : "The body is not { messages: [{ topic, event, payload, private }] }";
}

function answer(status: number, message: string): Response {
  return Response.json({ message }, { status, headers: CORS });
}
