"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { EmptyState } from "@nofx/ui/blocks/states";
import { Plus, Wallet } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { BudgetTable } from "./budget-table.tsx";

const BudgetDialog = dynamic(() =>
  import("./budget-dialog.tsx").then((module) => module.BudgetDialog),
);
const TimeZoneDialog = dynamic(() =>
  import("./time-zone-dialog.tsx").then((module) => module.TimeZoneDialog),
);

/** What is used makes no event of its own: looked at anew while on screen. */
const EVERY_MS = 10_000;

export function BudgetsPage() {
  const trpc = useTRPC();
  const [open, setOpen] = useState<"budget" | "zone">();
  const budgets = useInfiniteQuery({
    ...trpc.budgets.list.infiniteQueryOptions(
      {},
      { ...byCursor, placeholderData: keepPreviousData },
    ),
    refetchInterval: EVERY_MS,
  });
  const rows = budgets.data?.pages.flatMap((page) => page.items) ?? [];
  const zone = budgets.data?.pages[0]?.timeZone;
  const create = (
    <RightButton permission="budget.manage" variant="primary" onClick={() => setOpen("budget")}>
      <Plus aria-hidden />
      New budget…
    </RightButton>
  );
  return (
    <>
      <PageHeader
        title="Budgets"
        meta={
          <span className="text-sm text-soft">
            Reserved before each call, from the run up to the tenant.{" "}
            <Link href="/usage" className="text-accent underline">
              What was used
            </Link>
          </span>
        }
        actions={rows.length > 0 && create}
      />
      <Section
        title="All budgets"
        actions={
          zone !== undefined && (
            <RightButton permission="settings.write" size="sm" onClick={() => setOpen("zone")}>
              Days begin in {zone}…
            </RightButton>
          )
        }
      >
        <QueryView query={budgets} what="budgets">
          {() =>
            rows.length === 0 ? (
              <EmptyState icon={Wallet} title="Nothing is capped" action={create}>
                A budget caps money, tokens or calls: so much a day for the tenant, so much for each
                run, so much for each agent on one model.
              </EmptyState>
            ) : (
              <>
                <BudgetTable budgets={rows} />
                <LoadMore
                  shown={rows.length}
                  total={null}
                  what="budgets"
                  hasMore={budgets.hasNextPage}
                  loading={budgets.isFetchingNextPage}
                  onMore={() => void budgets.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
      {open === "budget" && <BudgetDialog onClose={() => setOpen(undefined)} />}
      {open === "zone" && zone !== undefined && (
        <TimeZoneDialog timeZone={zone} onClose={() => setOpen(undefined)} />
      )}
    </>
  );
}
