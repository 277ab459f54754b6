import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { issueAgentKey, registerAgent } from "@nofx/control/agents";
import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { createPlane, type Plane } from "@nofx/control/command";
import { handleAgentRequest } from "@nofx/control/http";
import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import { seedRun, until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveGateway, type Gateway } from "../../apps/worker/src/gateway/serve-gateway.ts";

// Every example of examples/adapters, each in a process of its own, against the agent API over HTTP.

const EXAMPLES = fileURLToPath(new URL("../../examples/adapters/src/", import.meta.url));

/** What each is given, and what it makes of it. */
const steps = {
  "ai-sdk-agent.ts": {
    capability: "support.answer",
    input: { prompt: "Pay order 17 back." },
    output: {
      text: "Order 17 is paid back.",
      finishReason: "stop",
      usage: { inputTokens: 40, outputTokens: 16 },
    },
  },
  "mcp-server.ts": {
    capability: "shop.get-price",
    input: { article: "milk" },
    output: { cents: 400 },
  },
  "openai-endpoint.ts": {
    capability: "text.translate",
    input: { text: "milk", language: "French" },
    output: { translation: "(Into French: milk)" },
  },
  "shell-command.ts": {
    capability: "text.count",
    input: { text: "one two three" },
    output: { stdout: expect.stringMatching(/^\s*3\s*$/), stderr: "", truncated: false },
  },
};

/** Six processes begin at once. */
const PATIENCE_MS = 40_000;

let planes: TestPlane;
let gatewayPlane: Plane;
let gateway: Gateway;
const children: ChildProcess[] = [];

beforeAll(async () => {
  planes = await createTestPlane();
  gatewayPlane = createPlane(
    {
      DATABASE_URL: planes.database.url("nofx_agent_gateway"),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "none",
      SUPABASE_JWT_SECRET: "none",
    },
    { applicationName: "agent-api" },
  );
  const answer = (request: Request) => handleAgentRequest(gatewayPlane, request);
  gateway = await serveGateway({ host: "127.0.0.1", port: 0, answer });
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await gateway.close();
  await gatewayPlane.close();
  await planes[Symbol.asyncDispose]();
});

interface Started {
  child: ChildProcess;
  said: () => string;
}

function start(example: string, key: string): Started {
  const child = spawn(process.execPath, [`${EXAMPLES}${example}`], {
    env: { PATH: process.env["PATH"] ?? "", NOFX_URL: gateway.url, NOFX_AGENT_KEY: key },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said };
}

test(
  "agents join as they are: an AI SDK agent, MCP tools, a model endpoint and a command",
  { timeout: 2 * PATIENCE_MS },
  async () => {
    expect(readdirSync(EXAMPLES).toSorted()).toEqual(Object.keys(steps));
    const tenant = await planes.tenant();
    const keys = new Map<string, string>();
    const started: Started[] = [];
    for (const [example, { capability }] of Object.entries(steps)) {
      const name = example.replace(".ts", "");
      const { agentId } = await registerAgent(await tenant.as("supervisor"), {
        name,
        capabilities: [capability],
      });
      const { key } = await issueAgentKey(await tenant.as("supervisor"), { agentId });
      keys.set(example, key ?? "");
      started.push(start(example, key ?? ""));
    }
    const run = await seedRun(
      planes.owner,
      tenant.id,
      Object.entries(steps).map(([example, { capability, input }]) => ({
        name: example,
        kind: "agent" as const,
        capability,
        arguments: { capability, input },
      })),
    );

    const asked = await until("the AI SDK agent's tool asks people", async () => {
      const { items } = await listApprovals(await tenant.as("supervisor"), {});
      return items[0];
    });
    expect(asked).toMatchObject({ arguments: { order: "17", cents: 500 } });
    // its process dies while people think; another one goes on
    started[0]?.child.kill("SIGKILL");
    started.push(start("ai-sdk-agent.ts", keys.get("ai-sdk-agent.ts") ?? ""));
    await decideApproval(await tenant.as("supervisor"), {
      approvalId: asked.id,
      decision: "approve",
      argumentsDigest: asked.argumentsDigest,
    });
    const ended = await until("all steps have ended", async () => {
      const { rows } = await planes.owner.query<{ status: string; output: unknown; name: string }>(
        "select name, status, output from steps where run_id = $1 order by name",
        [run.id],
      );
      if (rows.some(({ status }) => status === "failed"))
        throw new Error(started.map(({ said }) => said()).join("\n"));
      return rows.every(({ status }) => status === "succeeded") && rows;
    });
    expect(ended).toEqual(
      Object.entries(steps).map(([name, { output }]) => ({ name, status: "succeeded", output })),
    );

    const { rows: checkpoints } = await planes.owner.query<{ name: string }>(
      "select name from checkpoints where step_id = $1 order by name",
      [run.steps["ai-sdk-agent.ts"]],
    );
    expect(checkpoints.map(({ name }) => name)).toEqual(["model[1]", "model[2]", "tool[pay-17]"]);

    // the tool's own schemas are the capability's: a wrong input is refused where the step is asked for
    const { rows: declared } = await planes.owner.query(
      "select input_schema, output_schema from agent_capabilities where capability = 'shop.get-price'",
    );
    expect(declared).toMatchObject([
      {
        input_schema: { properties: { article: { type: "string" } }, required: ["article"] },
        output_schema: { properties: { cents: { type: "integer" } } },
      },
    ]);
  },
);
