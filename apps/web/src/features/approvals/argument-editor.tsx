"use client";

import type { ApprovalView } from "@nofx/core/api";
import { JsonView } from "@nofx/ui/blocks/json-view";
import { IssueList } from "@nofx/ui/blocks/states";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { useId } from "react";
import { readProblem } from "#trpc/problem.ts";
import { DiffView } from "./diff-view.tsx";
import { parseArguments } from "./parse-arguments.ts";

/** The arguments as text, to be changed within what may be; wrong places are named while they are. */
export function ArgumentEditor({
  approval,
  text,
  onChange,
  error,
}: {
  approval: Pick<ApprovalView, "arguments" | "argumentsSchema">;
  text: string;
  onChange: (text: string) => void;
  error: unknown;
}) {
  const id = useId();
  const parsed = parseArguments(text);
  const issues = readProblem(error)?.issues ?? [];
  return (
    <div className="flex flex-col gap-2">
      <Label htmlFor={id}>Arguments (JSON), as they are to run</Label>
      <Textarea
        id={id}
        rows={12}
        spellCheck={false}
        className="font-mono text-xs"
        value={text}
        aria-invalid={"problem" in parsed || issues.length > 0}
        aria-describedby={`${id}-said`}
        onChange={(event) => onChange(event.target.value)}
      />
      <div id={`${id}-said`} role="status" className="flex flex-col gap-2">
        {"problem" in parsed && <p className="text-xs text-bad">{parsed.problem}</p>}
        {issues.length > 0 && <IssueList issues={issues} className="max-w-none" />}
      </div>
      {"value" in parsed && (
        <DiffView before={approval.arguments} after={parsed.value} label="What you change" />
      )}
      {approval.argumentsSchema !== null && (
        <details className="text-xs text-soft">
          <summary className="cursor-pointer">What may be edited</summary>
          <JsonView value={approval.argumentsSchema} label="JSON Schema" className="mt-1" />
        </details>
      )}
    </div>
  );
}
