import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { listenOnFreePort } from "../find-free-port.ts";
import { startRealtime } from "../realtime/index.ts";
import { refuseSignedUrl } from "./check-signed-url.ts";
import { allowBrowsers, answerPreflight } from "./cors.ts";
import { createApi } from "./create-app.ts";
import type { ApiOptions } from "./create-app.ts";
import { withQuietConsole } from "./quiet-console.ts";
import { speakStorage } from "./storage-dialect.ts";
import { sendWebResponse, toWebRequest } from "./web-request.ts";

export type GatewayOptions = ApiOptions & {
  /** Moves to the next free one when busy; 0 takes any. */
  port?: number;
  /** How often a subscriber's right to its topics is looked up again. */
  recheckSeconds?: number;
  log?: (line: string) => void;
};

export type Gateway = { url: string; port: number; stop(): Promise<void> };

/** The front door of the local stack: what `https://<project>.supabase.co` is to a hosted one. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const log = options.log ?? (() => {});
  const api = await createApi(options);
  const realtime = await startRealtime({
    databaseUrl: options.databaseUrl,
    keys: options.keys,
    log,
    onSchemaChange: () => void api.reloadSchema(),
    ...(options.recheckSeconds !== undefined && { recheckSeconds: options.recheckSeconds }),
  });

  const route = async (incoming: IncomingMessage): Promise<Response> => {
    const request = toWebRequest(incoming);
    const { pathname } = new URL(request.url);
    if (pathname === "/health") return Response.json({ status: "ok" });
    const preflight = answerPreflight(request);
    if (preflight) return preflight;
    if (pathname.startsWith("/realtime/v1/api/")) return realtime.handleRequest(request);
    if (/^\/(rest|auth|storage)\/v1(\/|$)/.test(pathname)) {
      const refused = refuseSignedUrl(request.method, new URL(request.url), options.keys.jwtSecret);
      if (refused) return refused;
      const peer = incoming.socket.remoteAddress ?? null;
      const forward = (asked: Request) => withQuietConsole(log, () => api.fetch(asked, peer));
      return speakStorage(request, forward);
    }
    return Response.json({ message: "no Route matched with those values" }, { status: 404 });
  };
  const server = createServer((incoming, outgoing) => {
    route(incoming)
      .catch((error: unknown) => failed(error, log))
      .then((response) => sendWebResponse(allowBrowsers(response), outgoing))
      .catch(() => abandon(outgoing));
  });
  server.on("upgrade", realtime.handleUpgrade);
  const port = await listenOnFreePort(server, options.port ?? 54_321);

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await realtime.stop();
      server.closeAllConnections();
      await closed;
      await api.close();
    },
  };
}

function failed(error: unknown, log: (line: string) => void): Response {
  if (error instanceof TypeError && "code" in error && error.code === "ERR_INVALID_URL") {
    return Response.json({ message: "Invalid URL" }, { status: 400 });
  }
  log(`gateway: ${error instanceof Error ? error.message : String(error)}`);
  return Response.json({ message: "Internal server error" }, { status: 500 });
}

/** The client has gone, or the answer broke off half-way. */
function abandon(outgoing: ServerResponse): void {
  outgoing.destroy();
}
