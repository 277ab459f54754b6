import {
  Client,
  StreamableHTTPClientTransport,
  type Transport,
} from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

/** Where an MCP server is: a program that speaks over stdin and stdout, an address, or a client of your own making. */
export type McpServer =
  | {
      command: string;
      args?: string[] | undefined;
      /** Besides PATH, HOME and the like. Nothing else of this process's environment passes. */
      env?: Record<string, string> | undefined;
      cwd?: string | undefined;
    }
  | { url: string; headers?: Record<string, string> | undefined }
  | { connect: () => Promise<Client> };

export async function connect(server: McpServer): Promise<Client> {
  if ("connect" in server) return server.connect();
  const client = new Client(
    { name: "nofx-sdk", version: "0.1.0" },
    { versionNegotiation: { mode: "auto" }, capabilities: { elicitation: { form: {} } } },
  );
  // Servers of before 2026-07-28 ask in the middle of a call: nobody can be waited for there.
  client.setRequestHandler("elicitation/create", () => ({ action: "cancel" }));
  await client.connect(transportOf(server));
  return client;
}

function transportOf(server: Exclude<McpServer, { connect: unknown }>): Transport {
  if ("url" in server) {
    const { url, headers = {} } = server;
    return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  }
  const { command, args, env, cwd } = server;
  return new StdioClientTransport({
    command,
    ...(args === undefined ? {} : { args }),
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
  });
}
