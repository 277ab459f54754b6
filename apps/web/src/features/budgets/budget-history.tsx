"use client";

import { useQuery } from "@tanstack/react-query";
import type { BudgetHistory as History, BudgetView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { OUTCOMES, sayAmount } from "./say-budget.ts";

type Change = History["changes"][number];

/** Who changed it and how, from the audit log. */
export function BudgetHistory({ budget }: { budget: BudgetView }) {
  const trpc = useTRPC();
  const history = useQuery(trpc.budgets.history.queryOptions({ budgetId: budget.id }));
  return (
    <QueryView query={history} what="changes">
      {({ changes }) => (
        <Table aria-label="Changes of the budget">
          <THead>
            <Tr>
              <Th>When</Th>
              <Th>What</Th>
              <Th>By</Th>
            </Tr>
          </THead>
          <TBody>
            {changes.map((change) => (
              <Tr key={change.seq}>
                <Td className="text-xs text-faint">
                  <RelativeTime at={change.at} />
                </Td>
                <Td className="text-sm">{sayChange(budget, change)}</Td>
                <Td className="text-sm">{change.by}</Td>
              </Tr>
            ))}
          </TBody>
        </Table>
      )}
    </QueryView>
  );
}

function sayChange({ measure }: BudgetView, change: Change): string {
  switch (change.what) {
    case "extended":
      return `a yes of people added ${sayAmount(measure, change.extra ?? "0")} to one window`;
    case "removed":
      return "removed";
    case "changed": {
      const limit = change.limit === null ? "" : sayAmount(measure, change.limit);
      const outcome =
        change.outcome === null ? "" : `, then ${OUTCOMES[change.outcome].label.toLowerCase()}`;
      return `${change.version === 1 ? "set to" : "changed to"} ${limit}${outcome}${change.enabled === false ? ", off" : ""}`;
    }
  }
}
