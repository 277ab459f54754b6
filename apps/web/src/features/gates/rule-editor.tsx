"use client";

import { useMutation } from "@tanstack/react-query";
import type { GateRuleDetail } from "@nofx/core/api";
import { Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Input, Label, Select, Textarea } from "@nofx/ui/primitives/input";
import { GATE } from "@nofx/ui/tokens/status";
import { Save } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { RouterInputs } from "#server/root.ts";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { ConditionField } from "./condition-field.tsx";
import { ExampleResults } from "./example-results.tsx";
import { ReplayPanel } from "./replay-panel.tsx";
import { readExamples, ruleDraftOf, type RuleDraft } from "./rule-draft.ts";
import { useGatesRefresh } from "./use-gates-refresh.ts";
import { useRuleTest } from "./use-rule-test.ts";

/** Makes a rule, or the next version of the given one. */
export function RuleEditor({ rule }: { rule?: GateRuleDetail }) {
  const trpc = useTRPC();
  const router = useRouter();
  const refresh = useGatesRefresh();
  const [draft, setDraft] = useState<RuleDraft>(() => ruleDraftOf(rule));
  const set = (changes: Partial<RuleDraft>) => setDraft((before) => ({ ...before, ...changes }));
  const examples = readExamples(draft.examples);
  const tried = useRuleTest(
    draft.scope,
    draft.condition,
    "value" in examples ? examples.value : [],
  );
  const save = useMutation(
    trpc.gates.saveRule.mutationOptions({
      onSettled: refresh,
      onSuccess: ({ name }) => router.push(`/gates/rules/${name}`),
    }),
  );
  return (
    <form
      className="contents"
      onSubmit={(event) => {
        event.preventDefault();
        if ("problem" in examples) return;
        const input = {
          ...draft,
          examples: examples.value,
          enabled: rule?.enabled ?? true,
          replaces: rule?.version ?? 0,
        };
        save.mutate(input as RouterInputs["gates"]["saveRule"]);
      }}
    >
      <div className="grid gap-4 lg:grid-cols-2">
        <Section title="Rule" bodyClassName="flex flex-col gap-4 p-3">
          <WhatFields draft={draft} set={set} known={rule !== undefined} />
          <ConditionField
            scope={draft.scope}
            condition={draft.condition}
            problem={tried.data?.problem ?? null}
            onChange={(condition) => set({ condition })}
          />
          <WordFields draft={draft} set={set} />
        </Section>
        <Section title="Examples" bodyClassName="flex flex-col gap-3 p-3">
          <div className="flex flex-col gap-1">
            <Label htmlFor="rule-examples">
              Plans that it must find something in, and plans that it must not
            </Label>
            <Textarea
              id="rule-examples"
              spellCheck={false}
              className="h-72 font-mono text-xs"
              aria-invalid={"problem" in examples}
              aria-describedby="rule-examples-results"
              value={draft.examples}
              onChange={(event) => set({ examples: event.target.value })}
            />
          </div>
          <div id="rule-examples-results">
            <ExampleResults
              problem={"problem" in examples ? examples.problem : undefined}
              error={tried.error}
              tried={tried.data}
            />
          </div>
        </Section>
      </div>
      <ReplayPanel draft={draft} usable={tried.data?.problem === null} />
      <CommandProblem error={save.error} />
      <div className="flex justify-end gap-2">
        <Button type="button" onClick={() => router.push("/gates")}>
          Cancel
        </Button>
        <RightButton
          permission="gate.manage"
          type="submit"
          variant="primary"
          disabled={save.isPending || tried.data?.ok !== true}
        >
          <Save aria-hidden />
          {rule === undefined ? "Save" : `Save as version ${rule.version + 1}`}
        </RightButton>
      </div>
    </form>
  );
}

interface Fields {
  draft: RuleDraft;
  set: (changes: Partial<RuleDraft>) => void;
}

function WhatFields({ draft, set, known }: Fields & { known: boolean }) {
  return (
    <>
      {!known && (
        <div className="flex flex-col gap-1">
          <Label htmlFor="rule-name">Name</Label>
          <Input
            id="rule-name"
            required
            pattern="[a-z0-9][a-z0-9._\-]*"
            maxLength={128}
            title="a-z 0-9 . _ - and begin with a letter or digit"
            placeholder="no-friday-deploys"
            value={draft.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        </div>
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        <Chosen
          id="rule-gate"
          label="Gate"
          value={draft.gate}
          onChange={(gate) => set({ gate: gate as RuleDraft["gate"] })}
          options={Object.entries(GATE).map(([value, { label }]) => [value, label])}
        />
        <Chosen
          id="rule-scope"
          label="Asked about"
          value={draft.scope}
          onChange={(scope) => set({ scope: scope as RuleDraft["scope"] })}
          options={[
            ["step", "Each step"],
            ["plan", "The plan"],
          ]}
        />
        <Chosen
          id="rule-verdict"
          label="Where it is true, the verdict is"
          value={draft.verdict}
          onChange={(verdict) => set({ verdict: verdict as RuleDraft["verdict"] })}
          options={[
            ["allow", "allow: only tell"],
            ["warn", "warn: people approve the plan"],
            ["block", "block: it does not run"],
          ]}
        />
        <Chosen
          id="rule-override"
          label="Overridden by"
          value={draft.override}
          onChange={(override) => set({ override: override as RuleDraft["override"] })}
          options={[
            ["none", "nobody"],
            ["one", "one person"],
            ["two", "two people"],
          ]}
        />
      </div>
    </>
  );
}

function WordFields({ draft, set }: Fields) {
  return (
    <>
      <div className="flex flex-col gap-1">
        <Label htmlFor="rule-reason">Reason, as people read it</Label>
        <Input
          id="rule-reason"
          required
          maxLength={500}
          placeholder="Step {step} touches production and nobody is asked."
          value={draft.reason}
          onChange={(event) => set({ reason: event.target.value })}
        />
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor="rule-tip">What to do about it</Label>
        <Input
          id="rule-tip"
          required
          maxLength={500}
          placeholder="Mark the item as sensitive."
          value={draft.tip}
          onChange={(event) => set({ tip: event.target.value })}
        />
      </div>
    </>
  );
}

function Chosen({
  id,
  label,
  value,
  onChange,
  options,
}: {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: [string, string][];
}) {
  return (
    <div className="flex flex-col gap-1">
      <Label htmlFor={id}>{label}</Label>
      <Select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </Select>
    </div>
  );
}
