"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { KeyAction } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Select } from "@nofx/ui/primitives/input";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";
import { useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { ACTION_LOOK, purposeOf } from "./key-look.ts";

const ACTIONS = Object.entries(ACTION_LOOK) as [KeyAction, (typeof ACTION_LOOK)[KeyAction]][];

/** Who did what with which key, newest first. */
export function KeyAudit({ every }: { every: number }) {
  const trpc = useTRPC();
  const [action, setAction] = useState<KeyAction>();
  const filter = action === undefined ? {} : { action };
  const entries = useInfiniteQuery({
    ...trpc.keys.audit.infiniteQueryOptions(filter, {
      ...byCursor,
      placeholderData: keepPreviousData,
    }),
    refetchInterval: every,
  });
  const rows = entries.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section
      title="What was done with keys"
      actions={
        <Select
          aria-label="Show"
          className="w-auto"
          value={action ?? ""}
          onChange={(event) =>
            setAction(event.target.value === "" ? undefined : (event.target.value as KeyAction))
          }
        >
          <option value="">Everything</option>
          {ACTIONS.map(([name, { label }]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </Select>
      }
    >
      <QueryView query={entries} what="the vault's audit">
        {(data) =>
          rows.length === 0 ? (
            <p className="px-4 py-6 text-sm text-faint">Nothing yet.</p>
          ) : (
            <>
              <Table aria-label="What was done with keys">
                <THead>
                  <Tr>
                    <Th>What</Th>
                    <Th>Key</Th>
                    <Th>By</Th>
                    <Th className="hidden sm:table-cell">For</Th>
                    <Th>When</Th>
                  </Tr>
                </THead>
                <TBody>
                  {rows.map((entry) => (
                    <Tr key={entry.seq}>
                      <Td>
                        <LookBadge look={ACTION_LOOK[entry.action]} />
                      </Td>
                      <Td className="text-sm break-all">
                        {entry.provider}
                        {entry.name !== "default" && ` ${entry.name}`}{" "}
                        <span className="text-faint">v{entry.version}</span>
                      </Td>
                      <Td className="text-sm">
                        <PlainText text={entry.by.name ?? entry.by.id} />
                        {entry.by.type !== "member" && (
                          <span className="block text-xs text-faint">{entry.by.type}</span>
                        )}
                      </Td>
                      <Td className="hidden text-xs text-soft sm:table-cell">
                        <PlainText text={purposeOf(entry)} />
                        {entry.runId !== null && (
                          <Link
                            href={`/runs/${entry.runId}`}
                            className="block text-accent hover:underline"
                          >
                            its run
                          </Link>
                        )}
                      </Td>
                      <Td className="text-xs text-faint">
                        <RelativeTime at={entry.at} />
                      </Td>
                    </Tr>
                  ))}
                </TBody>
              </Table>
              <LoadMore
                shown={rows.length}
                total={data.pages[0]?.total ?? null}
                what="entries"
                hasMore={entries.hasNextPage}
                loading={entries.isFetchingNextPage}
                onMore={() => void entries.fetchNextPage()}
              />
            </>
          )
        }
      </QueryView>
    </Section>
  );
}
