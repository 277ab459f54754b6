"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { AgentStatus } from "@nofx/core/vocabulary";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { EmptyState } from "@nofx/ui/blocks/states";
import { Input, Select } from "@nofx/ui/primitives/input";
import { Bot, Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { AgentTable } from "./agent-table.tsx";
import { DemandSection } from "./demand-section.tsx";

const CreateAgentDialog = dynamic(() =>
  import("./create-agent-dialog.tsx").then((module) => module.CreateAgentDialog),
);
const ImportAgentDialog = dynamic(() =>
  import("./import-agent-dialog.tsx").then((module) => module.ImportAgentDialog),
);

/** What agents do between their coming and going makes no events: looked at anew while on screen. */
const EVERY_MS = 5_000;
const SORTS = {
  name: "By name",
  success: "Most reliable first",
  latency: "Quickest first",
  cost: "Cheapest first",
} as const;
type Sort = keyof typeof SORTS;

export function AgentsPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const [open, setOpen] = useState<"create" | "import">();
  const status = AgentStatus.safeParse(read("status")).data;
  const capability = read("capability");
  const sort = Object.keys(SORTS).find((one): one is Sort => one === read("sort"));
  const filters = {
    ...(read("q") !== undefined && { query: read("q") }),
    ...(status !== undefined && { status }),
    ...(capability !== undefined && { capability }),
    ...(read("team") !== undefined && { team: read("team") }),
  };
  const agents = useInfiniteQuery({
    ...trpc.agents.list.infiniteQueryOptions(
      // all orders but that by name are of one capability
      { ...filters, ...(capability !== undefined && sort !== undefined && { sort }) },
      { ...byCursor, placeholderData: keepPreviousData },
    ),
    refetchInterval: EVERY_MS,
  });
  const facets = useQuery(
    trpc.agents.facets.queryOptions(filters, { placeholderData: keepPreviousData }),
  );
  const rows = agents.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = Object.keys(filters).length > 0;
  const actions = (
    <>
      <RightButton permission="agent.manage" onClick={() => setOpen("import")}>
        Import a card…
      </RightButton>
      <RightButton permission="agent.manage" variant="primary" onClick={() => setOpen("create")}>
        <Plus aria-hidden />
        New agent…
      </RightButton>
    </>
  );
  const choice = (name: "status" | "capability" | "team", label: string, all: string) => (
    <Select
      aria-label={label}
      className="h-7.5 w-auto max-w-44"
      value={read(name) ?? ""}
      onChange={(event) => write({ [name]: event.target.value })}
    >
      <option value="">{all}</option>
      {(facets.data?.[name] ?? []).map(({ value, count }) => (
        <option key={value} value={value}>
          {value} ({count})
        </option>
      ))}
    </Select>
  );
  return (
    <>
      <PageHeader
        title="Agents"
        meta={
          facets.data === undefined ? (
            "\u00a0"
          ) : (
            <>
              What each can do, as its author says and as it was measured. {facets.data.total}{" "}
              {facets.data.total === 1 ? "agent" : "agents"}.
            </>
          )
        }
        actions={(rows.length > 0 || isFiltered) && actions}
      />
      <DemandSection />
      <Section
        actions={
          <div className="flex w-full flex-wrap items-center gap-2">
            <Input
              type="search"
              aria-label="Search agents"
              placeholder="Name, capability, tag…"
              className="h-7.5 w-48"
              defaultValue={read("q") ?? ""}
              onChange={(event) => write({ q: event.target.value })}
            />
            {choice("status", "Status", "Any status")}
            {choice("capability", "Capability", "Any capability")}
            {choice("team", "Team", "Any team")}
            <Select
              aria-label="Order"
              className="h-7.5 w-auto"
              value={sort ?? "name"}
              disabled={capability === undefined}
              title={capability === undefined ? "Choose a capability to order by it" : undefined}
              onChange={(event) => write({ sort: event.target.value })}
            >
              {Object.entries(SORTS).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          </div>
        }
      >
        <QueryView query={agents} what="agents">
          {() =>
            rows.length === 0 ? (
              <EmptyState
                icon={Bot}
                title={isFiltered ? "No agent fits" : "No agent is listed"}
                action={isFiltered ? undefined : <div className="flex gap-2">{actions}</div>}
              >
                {isFiltered
                  ? "Other words or fewer filters find more."
                  : "An agent is a program that executes steps. List it here with what it can do, issue it a key, and start it with the SDK."}
              </EmptyState>
            ) : (
              <>
                <AgentTable agents={rows} />
                <LoadMore
                  shown={rows.length}
                  total={facets.data?.total ?? null}
                  what="agents"
                  hasMore={agents.hasNextPage}
                  loading={agents.isFetchingNextPage}
                  onMore={() => void agents.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
      {open === "create" && <CreateAgentDialog onClose={() => setOpen(undefined)} />}
      {open === "import" && <ImportAgentDialog onClose={() => setOpen(undefined)} />}
    </>
  );
}
