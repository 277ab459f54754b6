"use client";

import { useMutation } from "@tanstack/react-query";
import type { BudgetView } from "@nofx/core/api";
import type { BudgetOutcome } from "@nofx/core/budgets";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label, Select } from "@nofx/ui/primitives/input";
import { Wallet } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { CheckOption } from "#shell/check-option.tsx";
import { Choice } from "#shell/choice.tsx";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import {
  draftOf,
  hasExtra,
  mayRate,
  toChange,
  toNewBudget,
  withChanges,
  type BudgetDraft,
} from "./budget-draft.ts";
import { MEASURES, OUTCOMES, sayAmount, sayTerms, SCOPES, WINDOWS } from "./say-budget.ts";
import { useBudgetRefresh } from "./use-budget-refresh.ts";

/** Makes a budget, or changes the limit and outcome of the given one: what it sums stays. */
export function BudgetDialog({ budget, onClose }: { budget?: BudgetView; onClose: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const refresh = useBudgetRefresh();
  const [draft, setDraft] = useState<BudgetDraft>(() => draftOf(budget));
  const set = (changes: Partial<BudgetDraft>) => setDraft((before) => withChanges(before, changes));
  const create = useMutation(
    trpc.budgets.set.mutationOptions({
      onSettled: refresh,
      onSuccess: ({ id }) => {
        onClose();
        router.push(`/budgets/${id}`);
      },
    }),
  );
  const change = useMutation(
    trpc.budgets.change.mutationOptions({ onSettled: refresh, onSuccess: onClose }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        className="max-w-2xl"
        title={budget === undefined ? "New budget" : `Change ${budget.name}`}
        description={
          budget === undefined
            ? "It binds from the next reservation on."
            : `${sayAmount(budget.measure, budget.limit)} ${sayTerms(budget)}. What is used and reserved stays.`
        }
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            if (budget === undefined) create.mutate(toNewBudget(draft));
            else change.mutate(toChange(draft, budget.id));
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            {budget === undefined && <WhatFields draft={draft} set={set} />}
            <LimitFields draft={draft} set={set} isNew={budget === undefined} />
            <OutcomeFields draft={draft} set={set} />
            <Field id="note" label="Note (optional)">
              <Input
                id="budget-note"
                maxLength={500}
                value={draft.note}
                onChange={(event) => set({ note: event.target.value })}
              />
            </Field>
            {budget !== undefined && (
              <CheckOption
                checked={draft.enabled}
                onChange={(enabled) => set({ enabled })}
                title="It binds"
                hint="Off, nothing is summed and nothing is refused by it."
              />
            )}
            <CommandProblem error={create.error ?? change.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={create.isPending || change.isPending}>
              <Wallet aria-hidden />
              {budget === undefined ? "Set" : "Save"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

interface Fields {
  draft: BudgetDraft;
  set: (changes: Partial<BudgetDraft>) => void;
}

function Field({ id, label, children }: { id: string; label: string; children: React.ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <Label htmlFor={`budget-${id}`}>{label}</Label>
      {children}
    </div>
  );
}

const SUBJECTS: Partial<Record<BudgetDraft["scope"], string>> = {
  agent: "Name or id; empty: each agent",
  team: "Name; empty: each team",
  run: "Id; empty: each run",
  step: "Id; empty: each step",
  model: "provider/model or openai/*; empty: each",
};

function WhatFields({ draft, set }: Fields) {
  const subject = SUBJECTS[draft.scope];
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field id="name" label="Name">
        <Input
          id="budget-name"
          required
          pattern="[a-z0-9][a-z0-9._\-]*"
          maxLength={64}
          title="a-z 0-9 . _ - and begin with a letter or digit"
          placeholder="research-a-day"
          value={draft.name}
          onChange={(event) => set({ name: event.target.value })}
        />
      </Field>
      <Field id="measure" label="What is counted">
        <Select
          id="budget-measure"
          value={draft.measure}
          onChange={(event) => set({ measure: event.target.value as BudgetDraft["measure"] })}
        >
          {Object.entries(MEASURES).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      <Field id="scope" label="Whose">
        <Select
          id="budget-scope"
          value={draft.scope}
          onChange={(event) => set({ scope: event.target.value as BudgetDraft["scope"] })}
        >
          {Object.entries(SCOPES).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      {subject !== undefined && (
        <Field id="subject" label="Which">
          <Input
            id="budget-subject"
            spellCheck={false}
            maxLength={300}
            placeholder={subject}
            value={draft.subject}
            onChange={(event) => set({ subject: event.target.value })}
          />
        </Field>
      )}
      {draft.scope !== "model" && (
        <Field id="model" label="Only on models (optional)">
          <Input
            id="budget-model"
            spellCheck={false}
            maxLength={300}
            placeholder="openai/*"
            value={draft.model}
            onChange={(event) => set({ model: event.target.value })}
          />
        </Field>
      )}
    </div>
  );
}

function LimitFields({ draft, set, isNew }: Fields & { isNew: boolean }) {
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      <Field id="limit" label={draft.measure === "usd" ? "Limit (USD)" : "Limit"}>
        <Input
          id="budget-limit"
          required
          inputMode="decimal"
          pattern="\d{1,12}(\.\d{1,12})?"
          title="A number like 2.50"
          placeholder={draft.measure === "usd" ? "2.50" : "40000"}
          value={draft.limit}
          onChange={(event) => set({ limit: event.target.value })}
        />
      </Field>
      {isNew && (
        <Field id="window" label="Begins anew">
          <Select
            id="budget-window"
            value={draft.window}
            disabled={draft.measure === "depth"}
            onChange={(event) => set({ window: event.target.value as BudgetDraft["window"] })}
          >
            {Object.entries(WINDOWS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
            {mayRate(draft.measure) && <option value="rate">as a rate</option>}
          </Select>
        </Field>
      )}
      {draft.window === "rate" && (
        <>
          <Field id="seconds" label="Flows in in so many seconds">
            <Input
              id="budget-seconds"
              type="number"
              required
              min={1}
              max={86_400}
              value={draft.perSeconds}
              onChange={(event) => set({ perSeconds: event.target.value })}
            />
          </Field>
          <Field id="burst" label="At once (empty: the limit)">
            <Input
              id="budget-burst"
              type="number"
              min={1}
              value={draft.burst}
              onChange={(event) => set({ burst: event.target.value })}
            />
          </Field>
        </>
      )}
    </div>
  );
}

function OutcomeFields({ draft, set }: Fields) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-xs font-medium text-soft">Where too little is left</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {Object.entries(OUTCOMES).map(([value, { label, means }]) => (
          <Choice
            key={value}
            name="budget-outcome"
            title={label}
            checked={draft.outcome === value}
            disabled={draft.window === "rate" && value !== "stop"}
            onChoose={() => set({ outcome: value as BudgetOutcome })}
          >
            {means}
          </Choice>
        ))}
      </div>
      {hasExtra(draft.outcome) && (
        <Field
          id="extra"
          label={
            draft.outcome === "ask"
              ? "A yes adds (empty: a fifth of the limit)"
              : "Kept for the last work (empty: a fifth of the limit)"
          }
        >
          <Input
            id="budget-extra"
            inputMode="decimal"
            pattern="\d{1,12}(\.\d{1,12})?"
            title="A number like 2.50"
            value={draft.extra}
            onChange={(event) => set({ extra: event.target.value })}
          />
        </Field>
      )}
    </fieldset>
  );
}
