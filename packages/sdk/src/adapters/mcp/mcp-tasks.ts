import {
  fromJsonSchema,
  isInputRequiredResult,
  type CallToolRequest,
  type InputRequests,
  type InputResponses,
  type Tool,
} from "@modelcontextprotocol/client";
import { permanent } from "../../errors/index.ts";
import type { StandardSchema } from "../../schema/index.ts";
import { task, type AnyTask, type TaskContext } from "../../tasks/index.ts";
import { askPeople } from "./ask-people.ts";
import { connect, type McpServer } from "./connect.ts";
import { Connection } from "./connection.ts";
import { failureOf } from "./failure-of.ts";
import { McpResult, resultOf, textOf } from "./result-of.ts";

export interface McpOptions {
  server: McpServer;
  /** Which of the server's tools become tasks; all unless told. */
  only?: ((tool: Tool) => boolean) | undefined;
  /** What stands before a tool's name: `files` makes `files.read-file` of `read_file`... */
  prefix?: string | undefined;
  /** ... and this makes the whole of it. */
  capability?: ((tool: Tool) => string) | undefined;
  /** Tools that people are asked about before each use; none unless told. */
  approve?: ((tool: Tool) => boolean) | undefined;
  /**
   * What a tool is called in the catalogue. Its use is then noted before it begins and asks people where the catalogue says so,
   * and is not repeated when a process died in the middle of it: the step fails, and people look. Without, it is repeated.
   */
  catalogued?: ((tool: Tool) => string | undefined) | undefined;
  /** How long one call may take; 300 unless told. */
  timeoutSeconds?: number | undefined;
}

export interface McpTasks extends AsyncDisposable {
  /** One for each tool. */
  readonly tasks: readonly AnyTask[];
  /** Ends the connection, and with it a server that was started for it. */
  close(): Promise<void>;
}

const CALL_SECONDS = 300;

/**
 * The tools of an MCP server as tasks: one each, whose input and output schemas are the tool's own. A call's result is a
 * checkpoint: it is made once, whatever happens afterwards. Cancelling a run cancels the call. A broken line fails the
 * attempt and is mended for the next; what the server refuses fails the step for good; a tool's own error is tried again.
 */
export async function mcpTasks(options: McpOptions): Promise<McpTasks> {
  const connection = new Connection(() => connect(options.server));
  const { tools } = await (await connection.client()).listTools();
  const chosen = options.only === undefined ? tools : tools.filter(options.only);
  const close = () => connection.close();
  return {
    tasks: chosen.map((tool) => taskOf(connection, tool, options)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function taskOf(connection: Connection, tool: Tool, options: McpOptions): AnyTask {
  const input: StandardSchema = fromJsonSchema(tool.inputSchema as never);
  const output: StandardSchema =
    tool.outputSchema === undefined ? McpResult : fromJsonSchema(tool.outputSchema as never);
  return task(options.capability?.(tool) ?? capabilityOf(tool.name, options.prefix))
    .input(input)
    .output(output)
    .run(async (ctx: TaskContext, input: unknown) => {
      const args = input as Record<string, unknown>;
      if (options.approve?.(tool)) await mayUse(ctx, tool, args);
      return useTool(ctx, connection, tool, args, options);
    });
}

/** `read_file` and `readFile` as a capability: `read-file`. */
export function capabilityOf(name: string, prefix?: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "");
  return (prefix === undefined ? words : `${prefix}.${words}`).slice(0, 64);
}

async function mayUse(ctx: TaskContext, tool: Tool, args: Record<string, unknown>) {
  const question = `Use ${tool.title ?? tool.annotations?.title ?? tool.name} exactly as shown?`;
  const answer = await ctx.approve("use", { question, ask: args });
  if (answer.status === "approved") return;
  throw permanent(`${tool.name} was not approved: ${answer.status}.`, {
    data: { tool: tool.name, status: answer.status },
  });
}

const MAX_ROUNDS = 20;

type CallParams = CallToolRequest["params"] & {
  inputResponses?: InputResponses;
  requestState?: string;
};

/** What one call came to: the tool's output, or what it has to be told before it goes on. */
type Outcome = { output: unknown } | { requests: InputRequests; state: string | null };

/** Calls the tool, and again with people's answers for as long as it asks for some. Each call is a checkpoint. */
async function useTool(
  ctx: TaskContext,
  connection: Connection,
  tool: Tool,
  args: Record<string, unknown>,
  { catalogued, timeoutSeconds }: McpOptions,
): Promise<unknown> {
  const known = catalogued?.(tool);
  let params: CallParams = { name: tool.name };
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const sent = params;
    const use = (approved: Record<string, unknown>) =>
      call(ctx, connection, tool, { ...sent, arguments: approved }, timeoutSeconds);
    const outcome =
      known === undefined
        ? await ctx.step("call", { key: round }, () => use(args))
        : await ctx.tool(known, args, use, { name: `call ${round}` });
    if ("output" in outcome) return outcome.output;
    const { requests, state } = outcome;
    params = {
      ...params,
      inputResponses: await askPeople(ctx, tool.name, round, requests),
      ...(state === null ? {} : { requestState: state }),
    };
  }
  throw permanent(`${tool.name} went on asking after ${MAX_ROUNDS} answers.`);
}

async function call(
  ctx: TaskContext,
  connection: Connection,
  tool: Tool,
  params: CallParams,
  timeoutSeconds: number = CALL_SECONDS,
): Promise<Outcome> {
  try {
    const client = await connection.client();
    const result = await client.callTool(params, {
      signal: ctx.signal,
      toolDefinition: tool,
      timeout: timeoutSeconds * 1_000,
      allowInputRequired: true,
      onprogress: ({ progress, total, message }) => {
        if (total) ctx.progress(Math.min(100, (100 * progress) / total), message);
        else if (message !== undefined) ctx.log(message);
      },
    });
    if (isInputRequiredResult(result)) {
      return { requests: result.inputRequests ?? {}, state: result.requestState ?? null };
    }
    if (result.isError) throw new Error(`${tool.name}: ${textOf(result.content) || "failed"}`);
    return { output: await resultOf(ctx, tool, result) };
  } catch (error) {
    ctx.signal.throwIfAborted();
    throw failureOf(error, tool.name);
  }
}
