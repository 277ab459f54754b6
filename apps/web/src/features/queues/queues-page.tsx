"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { RuleView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { EmptyState } from "@nofx/ui/blocks/states";
import { CirclePause, Gauge, Layers } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { QueueTable } from "./queue-table.tsx";
import { RuleTable } from "./rule-table.tsx";
import { sayScope } from "./say-rule.ts";

const PauseDialog = dynamic(() =>
  import("./pause-dialog.tsx").then((module) => module.PauseDialog),
);
const LimitDialog = dynamic(() =>
  import("./limit-dialog.tsx").then((module) => module.LimitDialog),
);

/** Depth and age make no events of their own: looked at anew while on screen. */
const EVERY_MS = 5_000;

/** What a dialog is about: a queue, or with undefined all of the tenant. */
export interface Asked {
  verb: "pause" | "limit";
  queue: string | undefined;
}

export function QueuesPage() {
  const trpc = useTRPC();
  const [asked, setAsked] = useState<Asked>();
  const queues = useInfiniteQuery({
    ...trpc.queues.list.infiniteQueryOptions(
      {},
      { ...byCursor, placeholderData: keepPreviousData },
    ),
    refetchInterval: EVERY_MS,
  });
  const rows = queues.data?.pages.flatMap((page) => page.items) ?? [];
  const rules = queues.data?.pages[0]?.rules ?? [];
  const wide = rules.filter((rule) => rule.paused !== null && isWide(rule));
  const ready = rows.reduce((sum, row) => sum + row.ready, 0);
  const busy = rows.reduce((sum, row) => sum + row.inFlight, 0);
  return (
    <>
      <PageHeader
        title="Queues"
        meta={
          <span className="text-sm text-soft">
            {queues.data === undefined
              ? "\u00a0"
              : `${ready.toLocaleString("en")} ready, ${busy.toLocaleString("en")} in flight.`}
          </span>
        }
        actions={
          <>
            <RightButton
              permission="queue.manage"
              onClick={() => setAsked({ verb: "limit", queue: undefined })}
            >
              <Gauge aria-hidden />
              Limit…
            </RightButton>
            <RightButton
              permission="queue.manage"
              onClick={() => setAsked({ verb: "pause", queue: undefined })}
            >
              <CirclePause aria-hidden />
              Pause…
            </RightButton>
          </>
        }
      />
      {wide.map((rule) => (
        <Callout key={rule.id} tone="wait" icon={CirclePause} title={`Paused: ${sayScope(rule)}`}>
          “{rule.paused?.reason}” — {rule.paused?.by}. Nothing of it begins; what runs goes on.
        </Callout>
      ))}
      <Section title="This tenant's queues">
        <QueryView query={queues} what="queues">
          {(data) =>
            rows.length === 0 ? (
              <EmptyState icon={Layers} title="There is no queue yet">
                A queue is there as soon as a step is in it.
              </EmptyState>
            ) : (
              <>
                <QueueTable queues={rows} rules={rules} onAsk={setAsked} />
                <LoadMore
                  shown={rows.length}
                  total={data.pages[0]?.total ?? null}
                  what="queues"
                  hasMore={queues.hasNextPage}
                  loading={queues.isFetchingNextPage}
                  onMore={() => void queues.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
      {rules.length > 0 && (
        <Section title="Rules">
          <RuleTable rules={rules} />
        </Section>
      )}
      {asked?.verb === "pause" && (
        <PauseDialog queue={asked.queue} onClose={() => setAsked(undefined)} />
      )}
      {asked?.verb === "limit" && (
        <LimitDialog queue={asked.queue} rules={rules} onClose={() => setAsked(undefined)} />
      )}
    </>
  );
}

const isWide = ({ queue, type, agent }: RuleView) =>
  queue === null && type === null && agent === null;
