import type { CallToolResult, ContentBlock, Tool } from "@modelcontextprotocol/client";
import { z } from "zod";
import type { TaskContext } from "../../tasks/index.ts";

/** The output of a tool that declares none. */
export const McpResult = z.object({
  /** All text of it. */
  text: z.string(),
  /** What it gave, as it was; bytes are artifacts of the step, by name. */
  content: z.array(z.record(z.string(), z.unknown())),
});
export type McpResult = z.infer<typeof McpResult>;

export function textOf(content: readonly ContentBlock[]): string {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}

/** What a tool gave, as the output of the step: its structured content where it declares some. */
export async function resultOf(
  ctx: TaskContext,
  tool: Tool,
  result: CallToolResult,
): Promise<unknown> {
  if (tool.outputSchema !== undefined) return result.structuredContent ?? null;
  const content: Record<string, unknown>[] = [];
  for (const [at, block] of result.content.entries()) {
    content.push(await withoutBytes(ctx, `${tool.name}-${at + 1}`, block));
  }
  return { text: textOf(result.content), content } satisfies McpResult;
}

async function withoutBytes(
  ctx: TaskContext,
  name: string,
  block: ContentBlock,
): Promise<Record<string, unknown>> {
  if (block.type === "image" || block.type === "audio") {
    const { data, ...rest } = block;
    await ctx.artifact(name, Buffer.from(data, "base64"), { contentType: block.mimeType });
    return { ...rest, artifact: name };
  }
  if (block.type === "resource" && "blob" in block.resource) {
    const { blob, ...resource } = block.resource;
    const contentType = resource.mimeType ?? "application/octet-stream";
    await ctx.artifact(name, Buffer.from(blob, "base64"), { contentType });
    return { ...block, resource: { ...resource, artifact: name } };
  }
  return block;
}
