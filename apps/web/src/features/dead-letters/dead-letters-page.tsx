"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { EmptyState, NoMatchState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { Badge } from "@nofx/ui/primitives/badge";
import { Select } from "@nofx/ui/primitives/input";
import { DEAD_LETTER_REASON, DEAD_LETTER_STAGE, DEAD_LETTER_STATUS } from "@nofx/ui/tokens/status";
import { CircleCheck, RotateCw, X } from "lucide-react";
import dynamic from "next/dynamic";
import { useMemo, useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { DeadLetterTable } from "./dead-letter-table.tsx";
import { RedriveBatches } from "./redrive-batches.tsx";
import { isFiltered, readDeadLettersFilter, REASONS, STAGES } from "./search-params.ts";
import { useNewDeadLetters } from "./use-new-dead-letters.ts";

const BulkRedriveDialog = dynamic(() =>
  import("./bulk-redrive-dialog.tsx").then((module) => module.BulkRedriveDialog),
);

export function DeadLettersPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const filter = useMemo(() => readDeadLettersFilter(read), [read]);
  const fresh = useNewDeadLetters();
  const [bulk, setBulk] = useState(false);
  const letters = useInfiniteQuery(
    trpc.deadLetters.list.infiniteQueryOptions(filter, {
      ...byCursor,
      placeholderData: keepPreviousData,
    }),
  );
  const rows = letters.data?.pages.flatMap((page) => page.items) ?? [];
  const clear = () =>
    write({ status: undefined, stage: undefined, reason: undefined, run: undefined });
  return (
    <>
      <PageHeader
        title="Dead letters"
        meta={
          <span className="text-sm text-soft">
            {fresh === 0
              ? "Steps that failed for good. Nothing new since somebody looked."
              : `Steps that failed for good. ${fresh} ${fresh === 1 ? "is" : "are"} new.`}
          </span>
        }
        actions={
          <RightButton permission="run.control" onClick={() => setBulk(true)}>
            <RotateCw aria-hidden />
            Redrive many…
          </RightButton>
        }
      />
      <RedriveBatches />
      <Section
        title={
          filter.runId === undefined ? (
            "Steps"
          ) : (
            <Badge>
              of one run
              <button
                type="button"
                aria-label="Show those of all runs"
                onClick={() => write({ run: undefined })}
                className="-mr-1 inline-flex size-6 items-center justify-center"
              >
                <X aria-hidden />
              </button>
            </Badge>
          )
        }
        actions={
          <div className="flex flex-wrap gap-2">
            <Select
              aria-label="Status"
              className="h-7.5 w-auto"
              value={filter.status}
              onChange={(event) =>
                write({ status: event.target.value === "open" ? undefined : event.target.value })
              }
            >
              <option value="open">Open</option>
              {Object.entries(DEAD_LETTER_STATUS).map(([status, look]) => (
                <option key={status} value={status}>
                  {look.label}
                </option>
              ))}
              <option value="all">All</option>
            </Select>
            <Select
              aria-label="Reason"
              className="h-7.5 w-auto max-w-44"
              value={filter.reason ?? ""}
              onChange={(event) => write({ reason: event.target.value })}
            >
              <option value="">Any reason</option>
              {REASONS.map((reason) => (
                <option key={reason} value={reason}>
                  {DEAD_LETTER_REASON[reason].label}
                </option>
              ))}
            </Select>
            <Select
              aria-label="Stage"
              className="h-7.5 w-auto"
              value={filter.stage ?? ""}
              onChange={(event) => write({ stage: event.target.value })}
            >
              <option value="">Any stage</option>
              {STAGES.map((stage) => (
                <option key={stage} value={stage}>
                  {DEAD_LETTER_STAGE[stage]}
                </option>
              ))}
            </Select>
          </div>
        }
      >
        <QueryView query={letters} what="dead letters">
          {(data) =>
            rows.length === 0 ? (
              isFiltered(filter) ? (
                <NoMatchState what="dead letters" onClear={clear} />
              ) : (
                <EmptyState icon={CircleCheck} title="No dead letters">
                  A step that fails in a way that deserves a second look is kept here: with its
                  error, its arguments and every attempt, until somebody tries it again or lets it
                  go.
                </EmptyState>
              )
            ) : (
              <>
                <DeadLetterTable letters={rows} />
                <LoadMore
                  shown={rows.length}
                  total={data.pages[0]?.total ?? null}
                  what="dead letters"
                  hasMore={letters.hasNextPage}
                  loading={letters.isFetchingNextPage}
                  onMore={() => void letters.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
      {bulk && <BulkRedriveDialog filter={filter} onClose={() => setBulk(false)} />}
    </>
  );
}
