import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { createPool } from "../../client/index.ts";
import type { Keys } from "../gateway/keys.ts";
import type { ProtocolVersion } from "./frames.ts";
import { handleRealtimeRequest } from "./handle-request.ts";
import { Hub } from "./hub.ts";
import { startMessageFeed } from "./message-feed.ts";
import { Socket } from "./socket.ts";

export type RealtimeOptions = {
  /** As `nofx_gateway`. */
  databaseUrl: string;
  keys: Keys;
  log: (line: string) => void;
  /** Told by `notify pgrst`, as PostgREST is. */
  onSchemaChange?: () => void;
  recheckSeconds?: number;
};

export type Realtime = {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  handleRequest(request: Request): Promise<Response>;
  stop(): Promise<void>;
};

/** The most that a message may weigh, as on a hosted project's smallest plan. */
const MAX_PAYLOAD_BYTES = 256 * 1024;

/**
 * Broadcast over private channels, by the protocol that `@supabase/supabase-js` speaks. Who may listen or send is decided
 * by the policies on realtime.messages alone, at the join and again every `recheckSeconds`.
 */
export async function startRealtime(options: RealtimeOptions): Promise<Realtime> {
  const { keys, log } = options;
  const pool = createPool({
    connectionString: options.databaseUrl,
    max: 4,
    applicationName: "nofx realtime",
  });
  const hub = new Hub();
  const sockets = new Set<Socket>();
  const feed = await startMessageFeed({
    pool,
    databaseUrl: options.databaseUrl,
    log,
    onMessage: (message) => hub.publish(message),
    onSchemaChange: options.onSchemaChange ?? (() => {}),
    // Whoever reconnects fetches what it missed; one that stays connected would never know.
    onGap: () => sockets.forEach((socket) => socket.close(1012, "messages may have been missed")),
  });

  let rechecking = false;
  const recheck = async () => {
    if (rechecking) return;
    rechecking = true;
    for (const socket of sockets) await socket.recheck();
    rechecking = false;
  };
  const timer = setInterval(() => void recheck(), (options.recheckSeconds ?? 10) * 1000).unref();

  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD_BYTES });
  return {
    handleUpgrade(request, duplex, head) {
      const url = new URL(request.url ?? "/", "http://localhost");
      const apiKey = url.searchParams.get("apikey") ?? String(request.headers["apikey"] ?? "");
      const version = url.searchParams.get("vsn") ?? "1.0.0";
      if (url.pathname !== "/realtime/v1/websocket") return refuse(duplex, "404 Not Found");
      if (apiKey !== keys.publishableKey && apiKey !== keys.secretKey)
        return refuse(duplex, "401 Unauthorized");
      if (!isVersion(version)) return refuse(duplex, "400 Bad Request");
      server.handleUpgrade(request, duplex, head, (ws) => {
        const socket = new Socket(ws, { pool, hub, keys, version, apiKey });
        sockets.add(socket);
        ws.once("close", () => sockets.delete(socket));
      });
    },
    handleRequest: (request) => handleRealtimeRequest(request, { pool, hub, keys }),
    stop: async () => {
      clearInterval(timer);
      await feed.stop();
      for (const client of server.clients) client.terminate();
      server.close();
      await pool.end();
    },
  };
}

function isVersion(version: string): version is ProtocolVersion {
  return version === "1.0.0" || version === "2.0.0";
}

function refuse(duplex: Duplex, status: string): void {
  duplex.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
