"use client";

import { ApprovalRow } from "#features/approvals/approval-row.tsx";
import { OverviewPage } from "#features/overview/overview-page.tsx";
import { RunTable } from "#features/runs/run-table.tsx";

export function Overview() {
  return (
    <OverviewPage
      renderApproval={(approval) => <ApprovalRow key={approval.id} approval={approval} />}
      renderRuns={(runs) => <RunTable runs={runs} />}
    />
  );
}
