"use client";

import { useQuery } from "@tanstack/react-query";
import type { BudgetView } from "@nofx/core/api";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Pencil, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { BudgetHistory } from "./budget-history.tsx";
import { BudgetWindows } from "./budget-windows.tsx";
import { OUTCOMES, sayAmount, sayTerms } from "./say-budget.ts";

const BudgetDialog = dynamic(() =>
  import("./budget-dialog.tsx").then((module) => module.BudgetDialog),
);
const RemoveBudgetDialog = dynamic(() =>
  import("./remove-budget-dialog.tsx").then((module) => module.RemoveBudgetDialog),
);

export function BudgetPage({ budgetId }: { budgetId: string }) {
  const trpc = useTRPC();
  const budget = useQuery(trpc.budgets.get.queryOptions({ budgetId }));
  return (
    <QueryView
      query={budget}
      what="this budget"
      skeleton={<PageSkeleton label="Loading the budget" />}
    >
      {(data) => <Budget budget={data} />}
    </QueryView>
  );
}

function Budget({ budget }: { budget: BudgetView }) {
  const [open, setOpen] = useState<"change" | "remove">();
  const outcome = OUTCOMES[budget.outcome];
  const close = () => setOpen(undefined);
  return (
    <>
      <PageHeader
        back={<Link href="/budgets">Budgets</Link>}
        title={<span className="break-all">{budget.name}</span>}
        badges={
          <>
            <Badge tone={outcome.tone}>{outcome.label}</Badge>
            {!budget.enabled && <Badge>Off</Badge>}
          </>
        }
        meta={
          <>
            <span>
              {sayAmount(budget.measure, budget.limit)} {sayTerms(budget)}
            </span>
            <span>
              changed <RelativeTime at={budget.changedAt} /> by {budget.changedBy}
            </span>
            <IdChip id={budget.id} />
          </>
        }
        actions={
          <>
            <RightButton permission="budget.manage" onClick={() => setOpen("change")}>
              <Pencil aria-hidden />
              Change…
            </RightButton>
            <RightButton permission="budget.manage" onClick={() => setOpen("remove")}>
              <Trash2 aria-hidden />
              Remove…
            </RightButton>
          </>
        }
      />
      <p className="text-sm text-soft">
        {outcome.means}
        {budget.outcome === "ask" &&
          ` A yes adds ${sayAmount(budget.measure, budget.extra)} to that window.`}
        {budget.outcome === "wrap_up" &&
          ` Kept beyond the limit: ${sayAmount(budget.measure, budget.extra)}.`}
        {budget.note !== "" && <span className="mt-1 block text-text">{budget.note}</span>}
      </p>
      <Section title="Windows">
        <BudgetWindows budget={budget} />
      </Section>
      <Section
        title="Changes"
        actions={
          <Link href="/audit?verb=budget." className="text-xs text-accent hover:underline">
            In the audit log
          </Link>
        }
      >
        <BudgetHistory budget={budget} />
      </Section>
      {open === "change" && <BudgetDialog budget={budget} onClose={close} />}
      {open === "remove" && <RemoveBudgetDialog budget={budget} onClose={close} />}
    </>
  );
}
