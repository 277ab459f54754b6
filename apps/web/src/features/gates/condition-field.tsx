"use client";

import type { TestRuleResult } from "@nofx/core/api";
import { CONDITION_TYPES, CONDITION_VARIABLES, type Variable } from "@nofx/core/gates/conditions";
import { Button } from "@nofx/ui/primitives/button";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { useRef } from "react";

/** A condition with what is wrong in it, at its place; and what it may read. */
export function ConditionField({
  scope,
  condition,
  problem,
  onChange,
}: {
  scope: "plan" | "step";
  condition: string;
  problem: TestRuleResult["problem"];
  onChange: (condition: string) => void;
}) {
  const field = useRef<HTMLTextAreaElement>(null);
  const goThere = () => {
    if (problem === null || field.current === null) return;
    field.current.focus();
    field.current.setSelectionRange(problem.start, Math.max(problem.end, problem.start + 1));
  };
  return (
    <div className="flex flex-col gap-1">
      <Label htmlFor="rule-condition">Condition (CEL), true where something is wrong</Label>
      <Textarea
        ref={field}
        id="rule-condition"
        required
        spellCheck={false}
        maxLength={2_000}
        className="h-24 font-mono text-xs"
        aria-invalid={problem !== null}
        aria-describedby="rule-condition-problem"
        value={condition}
        onChange={(event) => onChange(event.target.value)}
      />
      <div id="rule-condition-problem" role="status" className="min-h-12 text-xs">
        {problem === null ? (
          <p className="text-soft">It can be read.</p>
        ) : (
          <>
            <p className="flex flex-wrap items-center gap-x-2 text-bad">
              Line {problem.line}, column {problem.column}: {problem.message}
              <Button size="sm" variant="ghost" onClick={goThere}>
                Go there
              </Button>
            </p>
            <Marked text={condition} start={problem.start} end={problem.end} />
          </>
        )}
      </div>
      <details className="text-xs">
        <summary className="text-soft hover:text-text">What it may read</summary>
        <Variables scope={scope} />
      </details>
    </div>
  );
}

/** The line in question with its place underlined. */
function Marked({ text, start, end }: { text: string; start: number; end: number }) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = text.indexOf("\n", start);
  const to = lineEnd < 0 ? text.length : lineEnd;
  const stop = Math.min(Math.max(end, start + 1), to);
  return (
    <pre className="overflow-x-auto font-mono text-2xs text-soft" aria-hidden>
      {text.slice(from, start)}
      <mark className="bg-bad-soft text-bad underline decoration-wavy">
        {text.slice(start, stop) || " "}
      </mark>
      {text.slice(stop, to)}
    </pre>
  );
}

function Variables({ scope }: { scope: "plan" | "step" }) {
  const names = Object.entries(CONDITION_VARIABLES[scope]);
  return (
    <dl className="mt-1 max-h-64 overflow-y-auto rounded-md border border-line bg-muted p-2">
      {names.map(([name, type]) => {
        const fields: readonly Variable[] =
          type === "timestamp" ? [] : CONDITION_TYPES[type as keyof typeof CONDITION_TYPES];
        if (fields.length === 0) {
          return (
            <div key={name} className="mb-1">
              <dt className="inline font-mono">{name}</dt>
              <dd className="ml-2 inline text-soft">{type}: when the plan is judged</dd>
            </div>
          );
        }
        return fields.map((field) => (
          <div key={`${name}.${field.name}`}>
            <dt className="inline font-mono">
              {name}.{field.name}
            </dt>
            <dd className="ml-2 inline text-soft">
              {field.type}: {field.means}
            </dd>
          </div>
        ));
      })}
    </dl>
  );
}
