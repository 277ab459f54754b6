"use client";

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import type { ToolView } from "@nofx/core/api";
import { JsonView } from "@nofx/ui/blocks/json-view";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { EmptyState } from "@nofx/ui/blocks/states";
import { Badge } from "@nofx/ui/primitives/badge";
import { Plus, Wrench } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";

const ToolDialog = dynamic(() => import("./tool-dialog.tsx").then((module) => module.ToolDialog));

const TONE = { low: "neutral", medium: "wait", high: "warn", critical: "bad" } as const;

export function ToolsPage() {
  const trpc = useTRPC();
  const [editing, setEditing] = useState<ToolView | "new">();
  const tools = useInfiniteQuery(
    trpc.tools.list.infiniteQueryOptions({ status: "active" }, byCursor),
  );
  const rows = tools.data?.pages.flatMap((page) => page.items) ?? [];
  const add = (
    <RightButton permission="agent.manage" variant="primary" onClick={() => setEditing("new")}>
      <Plus aria-hidden />
      New tool…
    </RightButton>
  );
  return (
    <>
      <PageHeader
        title="Tools"
        meta="What agents may do to the world, how sensitive it is, and whether each use needs people."
        actions={rows.length > 0 && add}
      />
      <Section>
        <QueryView query={tools} what="tools">
          {() =>
            rows.length === 0 ? (
              <EmptyState icon={Wrench} title="The catalogue is empty" action={add}>
                A tool is listed with a version and the form of its arguments. Agents note each use
                of it before it begins, and sensitive ones wait for people.
              </EmptyState>
            ) : (
              <>
                <ul className="divide-y divide-line">
                  {rows.map((tool) => (
                    <Tool key={tool.name} tool={tool} onEdit={() => setEditing(tool)} />
                  ))}
                </ul>
                <LoadMore
                  shown={rows.length}
                  total={null}
                  what="tools"
                  hasMore={tools.hasNextPage}
                  loading={tools.isFetchingNextPage}
                  onMore={() => void tools.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
      {editing !== undefined && (
        <ToolDialog
          tool={editing === "new" ? undefined : editing}
          onClose={() => setEditing(undefined)}
        />
      )}
    </>
  );
}

function Tool({ tool, onEdit }: { tool: ToolView; onEdit: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const retire = useMutation(
    trpc.tools.retire.mutationOptions({
      onSettled: () => queryClient.invalidateQueries(trpc.tools.pathFilter()),
    }),
  );
  return (
    <li className="flex flex-col gap-1.5 px-3 py-3">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h2 className="font-mono text-sm font-medium">{tool.name}</h2>
        <span className="text-xs text-faint">{tool.version}</span>
        <Badge tone={TONE[tool.sensitivity]}>{tool.sensitivity}</Badge>
        {tool.requiresApproval && <Badge tone="wait">needs approval</Badge>}
        {tool.rule !== null && tool.rule.quorum > 1 && <Badge>{tool.rule.quorum} people</Badge>}
        <span className="ml-auto flex gap-2">
          <RightButton size="sm" permission="agent.manage" onClick={onEdit}>
            Change…
          </RightButton>
          <RightButton
            size="sm"
            permission="agent.manage"
            disabled={retire.isPending}
            onClick={() => retire.mutate({ name: tool.name })}
          >
            Retire
          </RightButton>
        </span>
      </div>
      <p className="text-sm wrap-anywhere text-soft">
        {tool.title}
        {tool.description !== "" && `. ${tool.description}`}
      </p>
      <p className="text-xs text-faint">
        {tool.uses} {tool.uses === 1 ? "use" : "uses"}
        {tool.lastUsedAt !== null && (
          <>
            , the last <RelativeTime at={tool.lastUsedAt} />
          </>
        )}
      </p>
      <details className="text-xs text-soft">
        <summary className="cursor-pointer">The form of its arguments</summary>
        <JsonView value={tool.inputSchema} label="JSON Schema" className="mt-1" />
      </details>
      <CommandProblem error={retire.error} />
    </li>
  );
}
