"use client";

import type { BacklogItemView } from "@nofx/core/api";
import { GripVertical } from "lucide-react";
import {
  type ComponentProps,
  type DragEvent,
  type KeyboardEvent,
  useEffect,
  useRef,
  useState,
} from "react";
import { cn } from "@nofx/ui/cn";
import { type Place, stepTo } from "./selection.ts";

type Row = Pick<BacklogItemView, "id" | "key" | "pack">;

/** Moving rows of a table: by Alt and the arrow keys anywhere in a row, by a drag of its handle. */
export function useRowMoves(rows: readonly Row[], onMove: ((place: Place) => void) | undefined) {
  const [dragged, setDragged] = useState<Row>();
  const [over, setOver] = useState<Omit<Place, "item">>();
  const moved = useRef<{ id: string; at: number }>(undefined);
  // a row that goes elsewhere in the document loses the focus
  useEffect(() => {
    const { id, at } = moved.current ?? { id: "", at: -1 };
    if (id === "" || rows.findIndex((row) => row.id === id) === at) return;
    moved.current = undefined;
    if (document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>(`[data-move="${CSS.escape(id)}"]`)?.focus();
  }, [rows]);

  if (onMove === undefined) return { propsOf: () => ({}), handleOf: () => ({}) };
  const end = () => {
    setDragged(undefined);
    setOver(undefined);
  };
  return {
    propsOf: (row: Row) => ({
      onKeyDown: (event: KeyboardEvent) => {
        if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
        event.preventDefault();
        const place = stepTo(rows, row.id, event.key === "ArrowUp");
        if (place === undefined) return;
        moved.current = { id: row.id, at: rows.findIndex(({ id }) => id === row.id) };
        onMove(place);
      },
      onDragOver: (event: DragEvent) => {
        if (dragged === undefined || dragged.pack !== row.pack || dragged.id === row.id) return;
        event.preventDefault();
        const { top, height } = event.currentTarget.getBoundingClientRect();
        const side = event.clientY < top + height / 2 ? "before" : "after";
        if (over?.target !== row.id || over.side !== side) setOver({ target: row.id, side });
      },
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        if (dragged !== undefined && over !== undefined) onMove({ item: dragged.id, ...over });
        end();
      },
      className: cn(
        dragged?.id === row.id && "opacity-50",
        over?.target === row.id &&
          over.side === "before" &&
          "[&>td]:border-t-2 [&>td]:border-t-accent",
        over?.target === row.id &&
          over.side === "after" &&
          "[&>td]:border-b-2 [&>td]:border-b-accent",
      ),
    }),
    handleOf: (row: Row) => ({
      onDragStart: (event: DragEvent) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", row.key);
        setDragged(row);
      },
      onDragEnd: end,
    }),
  };
}

/** What a row is dragged by; with the focus on it Alt and the arrow keys move the row. */
export function MoveHandle({
  item,
  ...props
}: { item: Row } & Pick<ComponentProps<"button">, "onDragStart" | "onDragEnd">) {
  return (
    <button
      type="button"
      draggable
      data-move={item.id}
      aria-label={`Move ${item.key}: Alt and the arrow keys`}
      aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
      className="inline-flex size-6 cursor-grab items-center justify-center rounded text-faint hover:text-text"
      {...props}
    >
      <GripVertical aria-hidden className="size-3.5" />
    </button>
  );
}
