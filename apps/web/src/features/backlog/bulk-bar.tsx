"use client";

import type { EditBacklogInput } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Input, Select } from "@nofx/ui/primitives/input";
import { Minus, Plus, Workflow, X } from "lucide-react";
import { useId, useState } from "react";
import { useRight } from "#features/session/session-provider.tsx";
import { RightButton } from "#shell/right-button.tsx";
import type { Selection } from "./selection.ts";

/** What can be done with all chosen items at once. */
export function BulkBar({
  selection,
  labels,
  busy,
  onEdit,
  onPlan,
  onClear,
}: {
  selection: Selection;
  /** Labels that the shown items have, to choose from. */
  labels: readonly string[];
  busy: boolean;
  onEdit: (edit: { input: EditBacklogInput; what: (changed: number) => string }) => void;
  onPlan: (pack: string, items: string[]) => void;
  onClear: () => void;
}) {
  const [typed, setTyped] = useState("");
  const list = useId();
  const mayWrite = useRight("backlog.write").allowed;
  const packs = new Set([...selection.values()].map(({ pack }) => pack));
  const [pack] = packs;
  const words = typed.split(/[\s,]+/).filter((word) => word !== "");
  const items = [...selection.keys()];
  const label = (side: "addLabels" | "removeLabels") => {
    if (words.length === 0) return;
    const verb = side === "addLabels" ? "Added to" : "Removed from";
    const what = (changed: number) =>
      `${words.join(", ")}: ${verb.toLowerCase()} ${count(changed)}`;
    onEdit({ input: { items, [side]: words }, what });
    setTyped("");
  };
  return (
    <div
      role="toolbar"
      aria-label="Chosen items"
      className="flex flex-wrap items-center gap-2 border-b border-line bg-accent-soft/60 px-3 py-2 text-sm"
    >
      <span className="font-medium tabular-nums">{selection.size.toLocaleString("en")} chosen</span>
      <form
        className="flex items-center gap-1"
        onSubmit={(event) => {
          event.preventDefault();
          label("addLabels");
        }}
      >
        <Input
          aria-label="Labels"
          placeholder="Labels"
          className="h-7.5 w-36"
          list={list}
          maxLength={1_000}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <datalist id={list}>
          {labels.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </datalist>
        <RightButton
          permission="backlog.write"
          size="sm"
          type="submit"
          disabled={busy || words.length === 0}
        >
          <Plus aria-hidden />
          Add
        </RightButton>
        <RightButton
          permission="backlog.write"
          size="sm"
          disabled={busy || words.length === 0}
          onClick={() => label("removeLabels")}
        >
          <Minus aria-hidden />
          Remove
        </RightButton>
      </form>
      <Select
        aria-label="Priority of the chosen items"
        className="h-7.5 w-auto"
        value=""
        disabled={busy || !mayWrite}
        onChange={(event) => {
          const priority = Number(event.target.value);
          onEdit({
            input: { items, priority },
            what: (changed) => `Priority ${priority}: ${count(changed)}`,
          });
        }}
      >
        <option value="" disabled>
          Priority…
        </option>
        {[1, 2, 3, 4, 5].map((priority) => (
          <option key={priority} value={priority}>
            {priority}
          </option>
        ))}
      </Select>
      <RightButton
        permission="plan.create"
        flag="FEATURE_AUTO_PLANNER"
        variant="primary"
        size="sm"
        disabled={packs.size !== 1}
        onClick={() =>
          pack !== undefined &&
          onPlan(
            pack,
            [...selection.values()].map(({ key }) => key),
          )
        }
      >
        <Workflow aria-hidden />
        {packs.size > 1
          ? "Choose items of one pack to plan them"
          : `Plan ${selection.size.toLocaleString("en")} chosen`}
      </RightButton>
      <Button variant="ghost" size="sm" className="ml-auto" onClick={onClear}>
        <X aria-hidden />
        Choose none
      </Button>
    </div>
  );
}

const count = (n: number) => `${n.toLocaleString("en")} ${n === 1 ? "item" : "items"}`;
