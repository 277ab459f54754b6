"use client";

import type { BacklogPreview, PreviewRow } from "@nofx/core/api";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import type { Tone } from "@nofx/ui/tokens/status";

const COUNTS = { row: "Row", line: "Line", issue: "Issue", item: "Item" } as const;

const STATES: Record<PreviewRow["state"], { label: string; tone: Tone }> = {
  created: { label: "New", tone: "good" },
  updated: { label: "Changed", tone: "active" },
  unchanged: { label: "As it is", tone: "neutral" },
  refused: { label: "Wrong", tone: "bad" },
};

/** Rows as they would be imported, with what is wrong with each. */
export function PreviewTable({ preview }: { preview: BacklogPreview }) {
  return (
    <div className="max-h-72 overflow-y-auto rounded-md border border-line">
      <Table aria-label="Rows">
        <THead>
          <Tr>
            <Th>{COUNTS[preview.counts]}</Th>
            <Th>Item</Th>
            <Th className="hidden sm:table-cell">What</Th>
            <Th className="hidden md:table-cell">Priority</Th>
            <Th className="hidden md:table-cell">Labels</Th>
            <Th>Becomes</Th>
          </Tr>
        </THead>
        <TBody>
          {preview.rows.map((row) => (
            <Tr key={row.place + row.id}>
              <Td className="align-top text-xs text-faint tabular-nums">{row.place}</Td>
              <Td className="min-w-40">
                <span className="font-mono text-xs break-all">{row.id}</span>
                <span className="line-clamp-2 wrap-anywhere text-soft">{row.title}</span>
                {row.issues.length > 0 && (
                  <ul className="mt-0.5 text-xs text-bad">
                    {row.issues.map(({ field, message }) => (
                      <li key={field + message} className="wrap-anywhere">
                        {field}: {message}
                      </li>
                    ))}
                  </ul>
                )}
                {row.needs.length > 0 && (
                  <span className="text-xs text-faint">needs {row.needs.join(", ")}</span>
                )}
              </Td>
              <Td className="hidden align-top text-soft sm:table-cell">{row.what}</Td>
              <Td className="hidden align-top tabular-nums md:table-cell">{row.priority ?? "–"}</Td>
              <Td className="hidden max-w-40 align-top text-xs wrap-anywhere text-faint md:table-cell">
                {row.labels.join(", ")}
              </Td>
              <Td className="align-top">
                <Badge tone={STATES[row.state].tone}>{STATES[row.state].label}</Badge>
              </Td>
            </Tr>
          ))}
        </TBody>
      </Table>
    </div>
  );
}
