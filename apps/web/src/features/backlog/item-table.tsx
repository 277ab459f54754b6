"use client";

import type { BacklogItemView } from "@nofx/core/api";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { JsonView } from "@nofx/ui/blocks/json-view";
import { Badge } from "@nofx/ui/primitives/badge";
import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { ChevronRight, Lock } from "lucide-react";
import Link from "next/link";
import { Fragment, useState } from "react";
import { ITEM_STATE } from "./item-state.ts";
import { MoveHandle, useRowMoves } from "./row-moves.tsx";
import { choose, type Place, type Selection } from "./selection.ts";

/** Items in their order. Boxes choose (Shift a range), Alt with the arrow keys or a drag of the handle moves. */
export function ItemTable({
  items,
  selected,
  onSelect,
  onMove,
  showPack = false,
}: {
  items: readonly BacklogItemView[];
  selected: Selection;
  onSelect: (selected: Selection) => void;
  /** Left out where nothing may be moved. */
  onMove?: ((place: Place) => void) | undefined;
  /** Where items of several packs stand together. */
  showPack?: boolean;
}) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [since, setSince] = useState<string>();
  const rows = useRowMoves(items, onMove);
  const toggle = (set: ReadonlySet<string>, id: string) => {
    const next = new Set(set);
    if (!next.delete(id)) next.add(id);
    return next;
  };
  const all = items.length > 0 && items.every((item) => selected.has(item.id));
  return (
    <Table>
      <THead>
        <Tr>
          <Th className="w-8 pr-0">
            <Checkbox
              aria-label="Choose all shown"
              checked={all}
              indeterminate={!all && selected.size > 0}
              onChange={() =>
                onSelect(
                  all ? new Map() : new Map(items.map(({ id, key, pack }) => [id, { key, pack }])),
                )
              }
            />
          </Th>
          <Th>Item</Th>
          {showPack && <Th className="hidden sm:table-cell">Pack</Th>}
          <Th className="hidden lg:table-cell">What</Th>
          <Th className="hidden sm:table-cell">Priority</Th>
          <Th className="hidden xl:table-cell">Needs</Th>
          <Th className="hidden md:table-cell">Risk</Th>
          <Th>State</Th>
        </Tr>
      </THead>
      <TBody>
        {items.map((item) => (
          <Fragment key={item.id}>
            <Tr aria-selected={selected.has(item.id)} {...rows.propsOf(item)}>
              <Td className="pr-0">
                <span className="flex items-center gap-2">
                  <Checkbox
                    aria-label={`Choose ${item.key}`}
                    checked={selected.has(item.id)}
                    onChange={(event) => {
                      const { shiftKey } = event.nativeEvent as MouseEvent;
                      onSelect(choose(items, selected, item.id, shiftKey ? since : undefined));
                      setSince(item.id);
                    }}
                  />
                  {onMove !== undefined && <MoveHandle item={item} {...rows.handleOf(item)} />}
                </span>
              </Td>
              <Td className="min-w-40">
                <button
                  type="button"
                  aria-expanded={open.has(item.id)}
                  onClick={() => setOpen(toggle(open, item.id))}
                  className="flex items-start gap-1 text-left"
                >
                  <ChevronRight
                    aria-hidden
                    className={`mt-0.5 size-3.5 shrink-0 text-faint transition-transform ${open.has(item.id) ? "rotate-90" : ""}`}
                  />
                  <span>
                    <span className="font-mono text-xs break-all">{item.key}</span>
                    <span className="line-clamp-2 wrap-anywhere text-soft">{item.title}</span>
                    {showPack && (
                      <span className="block text-xs break-all text-faint sm:hidden">
                        {item.pack}
                      </span>
                    )}
                    {item.labels.length > 0 && (
                      <span className="text-xs wrap-anywhere text-faint">
                        {item.labels.slice(0, 6).join(" · ")}
                        {item.labels.length > 6 && ` · and ${item.labels.length - 6} more`}
                      </span>
                    )}
                  </span>
                </button>
              </Td>
              {showPack && (
                <Td className="hidden max-w-40 text-xs break-all text-soft sm:table-cell">
                  {item.pack}
                </Td>
              )}
              <Td className="hidden text-soft lg:table-cell">{item.kind ?? item.type ?? "–"}</Td>
              <Td className="hidden tabular-nums sm:table-cell">{item.priority}</Td>
              <Td className="hidden max-w-48 text-xs text-faint xl:table-cell">
                <span className="line-clamp-2 break-words">{item.needs.join(", ") || "–"}</span>
              </Td>
              <Td className="hidden md:table-cell">
                <span className="flex flex-wrap gap-1">
                  {item.sensitive && (
                    <Badge tone="wait">
                      <Lock aria-hidden />
                      Sensitive
                    </Badge>
                  )}
                  {item.risk.map((risk) => (
                    <Badge key={risk} tone="warn">
                      {risk}
                    </Badge>
                  ))}
                </span>
              </Td>
              <Td>
                <StateLink item={item} />
              </Td>
            </Tr>
            {open.has(item.id) && (
              <tr className="bg-muted/40">
                <td colSpan={showPack ? 8 : 7} className="border-b border-line py-3 pr-3 pl-12">
                  <ItemDetail item={item} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </TBody>
    </Table>
  );
}

function StateLink({ item }: { item: BacklogItemView }) {
  const badge = <LookBadge look={ITEM_STATE[item.state]} />;
  const href =
    item.runId !== null
      ? `/runs/${item.runId}`
      : item.planId !== null
        ? `/plans/${item.planId}`
        : undefined;
  return href === undefined ? (
    badge
  ) : (
    <Link href={href} className="rounded hover:opacity-80">
      {badge}
    </Link>
  );
}

function needWithLag({ lags }: BacklogItemView) {
  return (need: string) => {
    const seconds = Object.hasOwn(lags, need) ? lags[need] : undefined;
    return seconds === undefined ? need : `${need} (and ${formatDuration(seconds * 1_000)})`;
  };
}

function ItemDetail({ item }: { item: BacklogItemView }) {
  return (
    <div className="flex max-w-4xl flex-col gap-2 text-sm">
      {item.description !== null && (
        <p className="whitespace-pre-wrap text-soft">{item.description}</p>
      )}
      <p className="text-xs text-faint">
        Pack {item.pack} · priority {item.priority} · owner {item.owner ?? "nobody"} · needs{" "}
        {item.needs.length === 0 ? "nothing" : item.needs.map(needWithLag(item)).join(", ")}
        {item.resources.length > 0 && <> · has {item.resources.join(", ")} for itself</>}
        {item.estimateMinutes !== null && <> · about {item.estimateMinutes} min</>}
        {item.labels.length > 0 && <> · labels {item.labels.join(", ")}</>} ·{" "}
        <Link href={`/lineage/${item.id}`} className="text-accent hover:underline">
          lineage
        </Link>
      </p>
      {item.with !== null && <JsonView value={item.with} label="What it does" />}
    </div>
  );
}
