"use client";

import { IssueList } from "@nofx/ui/blocks/states";
import { Callout } from "@nofx/ui/blocks/callout";
import { CircleAlert } from "lucide-react";
import { complaintOf } from "#trpc/problem.ts";

/** Why a command was refused, next to the button that gave it. */
export function CommandProblem({ error, className }: { error: unknown; className?: string }) {
  if (error === null || error === undefined) return null;
  const { title, detail, issues, code } = complaintOf(error);
  return (
    <div role="alert" {...(className === undefined ? {} : { className })}>
      <Callout tone="bad" icon={CircleAlert} title={title}>
        {detail}
        {code !== undefined && <code className="ml-1.5 font-mono text-xs text-faint">{code}</code>}
      </Callout>
      {issues !== undefined && issues.length > 0 && (
        <IssueList issues={issues} className="mt-2 max-w-none" />
      )}
    </div>
  );
}
