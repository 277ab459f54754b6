"use client";

import { useMutation } from "@tanstack/react-query";
import { Input, Label } from "@nofx/ui/primitives/input";
import { Save } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useRoutingRefresh } from "#shell/use-routing-refresh.ts";
import { useTRPC } from "#trpc/react.tsx";

const CLASSES = [
  { of: "input", label: "In", example: "0.25" },
  { of: "output", label: "Out", example: "2" },
  { of: "cacheRead", label: "Cache read" },
  { of: "cacheWrite", label: "Cache write" },
  { of: "reasoning", label: "Reasoning" },
] as const;
type Class = (typeof CLASSES)[number]["of"];
const EMPTY: Record<Class | "from" | "note", string> = {
  input: "",
  output: "",
  cacheRead: "",
  cacheWrite: "",
  reasoning: "",
  from: "",
  note: "",
};

/** A price of this tenant's own, from now or an instant to come on. */
export function PriceForm({ model }: { model: string }) {
  const trpc = useTRPC();
  const refresh = useRoutingRefresh();
  const [draft, setDraft] = useState(EMPTY);
  const set = useMutation(
    trpc.models.setPrice.mutationOptions({
      onSuccess: () => setDraft(EMPTY),
      onSettled: refresh,
    }),
  );
  const change = (name: keyof typeof EMPTY) => (event: { target: { value: string } }) =>
    setDraft({ ...draft, [name]: event.target.value });
  const own = (name: Class) => (draft[name] === "" ? null : draft[name]);
  return (
    <form
      className="flex flex-col gap-3 rounded-md border border-line bg-muted p-3"
      onSubmit={(event) => {
        event.preventDefault();
        set.mutate({
          model,
          perMillionTokens: {
            input: draft.input,
            output: draft.output,
            cacheRead: own("cacheRead"),
            cacheWrite: own("cacheWrite"),
            reasoning: own("reasoning"),
          },
          note: draft.note.trim(),
          ...(draft.from !== "" && { effectiveFrom: new Date(draft.from).toISOString() }),
        });
      }}
    >
      <h3 className="text-sm font-semibold">A price of our own</h3>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-5">
        {CLASSES.map(({ of, label, ...side }) => (
          <div key={of} className="flex flex-col gap-1">
            <Label htmlFor={`price-${of}`}>{label}</Label>
            <Input
              id={`price-${of}`}
              required={"example" in side}
              inputMode="decimal"
              pattern="\d{1,6}(\.\d{1,6})?"
              title="USD for a million tokens, like 0.25"
              placeholder={"example" in side ? side.example : "as its side"}
              value={draft[of]}
              onChange={change(of)}
            />
          </div>
        ))}
      </div>
      <div className="grid gap-3 sm:grid-cols-[14rem_1fr_auto]">
        <div className="flex flex-col gap-1">
          <Label htmlFor="price-from">From (empty: now)</Label>
          <Input
            id="price-from"
            type="datetime-local"
            value={draft.from}
            onChange={change("from")}
          />
        </div>
        <div className="flex flex-col gap-1">
          <Label htmlFor="price-note">Why</Label>
          <Input
            id="price-note"
            required
            maxLength={500}
            placeholder="Contract of November"
            value={draft.note}
            onChange={change("note")}
          />
        </div>
        <RightButton
          permission="router.manage"
          type="submit"
          variant="primary"
          className="self-end"
          disabled={set.isPending}
        >
          <Save aria-hidden />
          Set
        </RightButton>
      </div>
      <CommandProblem error={set.error} />
    </form>
  );
}
