"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { EmptyState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Select } from "@nofx/ui/primitives/input";
import { Scale } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { DecisionList } from "./decision-list.tsx";
import { MeasureSection } from "./measure-section.tsx";

const SettingsDialog = dynamic(() =>
  import("./dispatch-settings-dialog.tsx").then((module) => module.DispatchSettingsDialog),
);

/** Choices are made by workers and make no events: looked at anew while on screen. */
const EVERY_MS = 10_000;
const STRATEGIES = ["solo", "pair", "hierarchical", "swarm"] as const;
const HOLDS = { chosen: "Chosen on evidence", held_out: "The hold-out, at random" } as const;
type Hold = keyof typeof HOLDS;

export function DispatchPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const [editing, setEditing] = useState(false);
  const strategy = STRATEGIES.find((one) => one === read("strategy"));
  const hold = Object.keys(HOLDS).find((one): one is Hold => one === read("hold"));
  const runId = read("run");
  const settings = useQuery(trpc.dispatch.settings.queryOptions({}));
  const decisions = useInfiniteQuery({
    ...trpc.dispatch.decisions.infiniteQueryOptions(
      {
        ...(strategy !== undefined && { strategy }),
        ...(hold !== undefined && { hold }),
        ...(runId !== undefined && { runId }),
      },
      { ...byCursor, placeholderData: keepPreviousData },
    ),
    refetchInterval: EVERY_MS,
  });
  const rows = decisions.data?.pages.flatMap((page) => page.items) ?? [];
  const opened = read("decision");
  return (
    <>
      <PageHeader
        title="Dispatch"
        meta="Which strategy and which agents a session gets, on what evidence, and whether that is better than chance."
        actions={
          settings.data !== undefined && (
            <RightButton permission="settings.write" onClick={() => setEditing(true)}>
              {Math.round(settings.data.settings.holdOut * 100)} % held out…
            </RightButton>
          )
        }
      />
      <MeasureSection />
      <Section
        title={runId === undefined ? "Choices" : "Choices of one run"}
        actions={
          <span className="flex flex-wrap gap-2">
            {runId !== undefined && (
              <Button size="sm" onClick={() => write({ run: undefined, decision: undefined })}>
                All runs
              </Button>
            )}
            <Select
              aria-label="Strategy"
              className="h-7.5 w-auto"
              value={strategy ?? ""}
              onChange={(event) => write({ strategy: event.target.value })}
            >
              <option value="">Any strategy</option>
              {STRATEGIES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
            <Select
              aria-label="How it was chosen"
              className="h-7.5 w-auto"
              value={hold ?? ""}
              onChange={(event) => write({ hold: event.target.value })}
            >
              <option value="">However chosen</option>
              {Object.entries(HOLDS).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          </span>
        }
      >
        <QueryView query={decisions} what="choices">
          {() =>
            rows.length === 0 ? (
              <EmptyState
                icon={Scale}
                title="Nothing was chosen yet"
                command="npm run demo -- --strategy=auto"
              >
                A session that asks for the strategy `auto` has it chosen: by what succeeded, how
                long it took and what it cost, or by what is taken for granted while nothing is
                known.
              </EmptyState>
            ) : (
              <>
                <DecisionList
                  decisions={rows}
                  opened={opened}
                  onOpen={(id) => write({ decision: id === opened ? undefined : id })}
                />
                <LoadMore
                  shown={rows.length}
                  total={null}
                  what="choices"
                  hasMore={decisions.hasNextPage}
                  loading={decisions.isFetchingNextPage}
                  onMore={() => void decisions.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
      {editing && settings.data !== undefined && (
        <SettingsDialog settings={settings.data.settings} onClose={() => setEditing(false)} />
      )}
    </>
  );
}
