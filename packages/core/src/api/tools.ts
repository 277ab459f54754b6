import { z } from "zod";
import {
  ApprovalId,
  ApprovalRule,
  RuleInForce,
  RunId,
  Sensitivity,
  StepId,
  StorableJson,
  storableText,
  ToolName,
  ToolRunId,
  ToolRunStatus,
  ToolVersion,
} from "../vocabulary/index.ts";
import { PageInput, Timestamp, pageOf } from "./paging.ts";

export const PutToolInput = z.object({
  name: ToolName,
  version: ToolVersion.meta({ description: "Another schema or sensitivity needs another version" }),
  title: storableText(200, 1),
  description: storableText(2_000).default(""),
  inputSchema: StorableJson.default({}).meta({
    description: "JSON Schema of its arguments; also what an approver may edit them to",
  }),
  sensitivity: Sensitivity,
  requiresApproval: z.boolean().optional().meta({
    description: "Whether each use needs people's yes; high and critical do unless it says no",
  }),
  rule: ApprovalRule.nullable().default(null).meta({
    description: "Who has to say yes; otherwise the tenant's rules say it",
  }),
});
export type PutToolInput = z.infer<typeof PutToolInput>;

export const ToolView = z.object({
  name: ToolName,
  version: ToolVersion,
  title: z.string(),
  description: z.string(),
  inputSchema: z.record(z.string(), z.unknown()),
  sensitivity: Sensitivity,
  requiresApproval: z.boolean(),
  rule: RuleInForce.nullable(),
  digest: z.string(),
  status: z.enum(["active", "retired"]),
  createdAt: Timestamp,
  uses: z.int(),
  lastUsedAt: Timestamp.nullable(),
});
export type ToolView = z.infer<typeof ToolView>;

export const ListToolsInput = PageInput.extend({
  status: z.enum(["active", "all"]).default("active"),
});
export const ToolPage = pageOf(ToolView);
export const OneTool = z.object({ name: ToolName });

export const ToolRunView = z.object({
  id: ToolRunId,
  tool: ToolName,
  toolVersion: ToolVersion,
  name: z.string(),
  runId: RunId,
  stepId: StepId,
  agent: z.string(),
  status: ToolRunStatus,
  argumentsDigest: z.string(),
  resultDigest: z.string().nullable(),
  approvalId: ApprovalId.nullable(),
  intendedAt: Timestamp,
  endedAt: Timestamp.nullable(),
});
export type ToolRunView = z.infer<typeof ToolRunView>;
export const ListToolRunsInput = PageInput.extend({
  name: ToolName.optional(),
  runId: RunId.optional(),
});
export const ToolRunPage = pageOf(ToolRunView);
