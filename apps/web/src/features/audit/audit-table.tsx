"use client";

import type { AuditEntryView } from "@nofx/core/api";
import { CopyButton } from "@nofx/ui/blocks/copy-button";
import { JsonView, PlainText } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { ChevronRight } from "lucide-react";
import { Fragment, useState } from "react";
import { hiddenBetween } from "./search-params.ts";

/** With `onSeals`, entries that lie between are seals of events, and it shows them. */
export function AuditTable({
  entries,
  onSeals,
}: {
  entries: readonly AuditEntryView[];
  onSeals?: () => void;
}) {
  const [open, setOpen] = useState<number>();
  return (
    <Table>
      <THead>
        <Tr>
          <Th className="w-16 text-right">Entry</Th>
          <Th>What</Th>
          <Th>By</Th>
          <Th>When</Th>
          <Th className="hidden lg:table-cell">Hash</Th>
        </Tr>
      </THead>
      <TBody>
        {entries.map((entry, i) => (
          <Fragment key={entry.seq}>
            {onSeals !== undefined && i > 0 && (
              <Seals hidden={hiddenBetween(entries[i - 1] ?? entry, entry)} onShow={onSeals} />
            )}
            <Tr>
              <Td className="text-right text-xs text-faint tabular-nums">{entry.seq}</Td>
              <Td>
                <button
                  type="button"
                  aria-expanded={open === entry.seq}
                  onClick={() => setOpen(open === entry.seq ? undefined : entry.seq)}
                  className="flex items-center gap-1 text-left font-mono text-xs"
                >
                  <ChevronRight
                    aria-hidden
                    className={`size-3.5 shrink-0 text-faint transition-transform ${open === entry.seq ? "rotate-90" : ""}`}
                  />
                  {entry.verb}
                </button>
              </Td>
              <Td className="max-w-48 truncate text-soft">
                <PlainText text={entry.actor.name ?? entry.actor.id} />
                <span className="block text-2xs text-faint">{entry.actor.type}</span>
              </Td>
              <Td className="text-xs whitespace-nowrap text-soft">
                <RelativeTime at={entry.at} />
              </Td>
              <Td className="hidden lg:table-cell">
                <code className="font-mono text-xs text-faint">{entry.hash.slice(0, 12)}…</code>
              </Td>
            </Tr>
            {open === entry.seq && (
              <tr className="bg-muted/40">
                <td colSpan={5} className="border-b border-line py-3 pr-3 pl-12">
                  <Detail entry={entry} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </TBody>
    </Table>
  );
}

function Seals({ hidden, onShow }: { hidden: number; onShow: () => void }) {
  if (hidden === 0) return null;
  return (
    <tr>
      <td colSpan={5} className="border-b border-line py-1 pl-12 text-2xs text-faint">
        {hidden.toLocaleString("en")} {hidden === 1 ? "seal" : "seals"} of events{" "}
        <button type="button" className="text-accent hover:underline" onClick={onShow}>
          Show
        </button>
      </td>
    </tr>
  );
}

function Detail({ entry }: { entry: AuditEntryView }) {
  return (
    <div className="flex max-w-4xl flex-col gap-3">
      <KeyValue>
        <Fact name="At">
          <code className="font-mono text-xs">{entry.at}</code>
        </Fact>
        <Fact name="By">
          <code className="font-mono text-xs">
            {entry.actor.type}:{entry.actor.id}
          </code>
        </Fact>
        <Fact name="Hash">
          <Hash value={entry.hash} label="Copy the hash" />
        </Fact>
        <Fact name="Follows">
          <Hash value={entry.previousHash} label="Copy the hash of the entry before" />
        </Fact>
      </KeyValue>
      <JsonView value={parsed(entry.body)} label="What was decided" />
    </div>
  );
}

function Hash({ value, label }: { value: string; label: string }) {
  return (
    <span className="inline-flex items-center gap-0.5">
      <code className="font-mono text-xs break-all">{value}</code>
      <CopyButton value={value} label={label} />
    </span>
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
