import { ToolView } from "@nofx/core/api";
import { readRule } from "@nofx/core/approvals";
import type { ToolRecord } from "@nofx/db/queries";

export function viewTool(row: ToolRecord): ToolView {
  return ToolView.parse({
    name: row.name,
    version: row.version,
    title: row.title,
    description: row.description,
    inputSchema: row.input_schema,
    sensitivity: row.sensitivity,
    requiresApproval: row.requires_approval,
    rule: row.rule === null ? null : readRule(row.rule),
    digest: row.digest,
    status: row.status,
    createdAt: row.created_at.toISOString(),
    uses: row.uses,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  });
}
