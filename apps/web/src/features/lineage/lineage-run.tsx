"use client";

import type { LineageRun } from "@nofx/core/api";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { StatusBadge } from "@nofx/ui/blocks/status-badge";
import { formatBytes } from "@nofx/ui/hooks/format-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Package } from "lucide-react";
import Link from "next/link";

/** A run, its steps of the item, and their files. `marked` is the file that the reader came from. */
export function LineageRunView({ run, marked }: { run: LineageRun; marked: string | undefined }) {
  return (
    <div className="flex flex-col gap-1">
      <p className="flex flex-wrap items-center gap-2">
        <Link href={`/runs/${run.id}`} className="text-accent hover:underline">
          Run
        </Link>
        <StatusBadge of="run" status={run.status} />
        <span className="text-xs text-soft">
          <RelativeTime at={run.createdAt} />
        </span>
        <IdChip id={run.id} />
      </p>
      <ul className="flex flex-col gap-1 pl-4">
        {run.steps.map((step) => (
          <li key={step.id}>
            <span className="inline-flex flex-wrap items-center gap-2">
              <span className="font-mono text-xs">{step.name}</span>
              <StatusBadge of="step" status={step.status} />
              <span className="text-xs text-faint">
                {step.attempts} {step.attempts === 1 ? "attempt" : "attempts"}
              </span>
              {step.tools.map((tool, i) => (
                <Badge key={i}>
                  {tool.tool} {tool.version}: {tool.status}
                </Badge>
              ))}
            </span>
            {step.artifacts.length > 0 && (
              <ul className="flex flex-col gap-0.5 pl-4">
                {step.artifacts.map((artifact) => (
                  <li key={artifact.id} className="flex items-center gap-1.5 text-xs">
                    <Package aria-hidden className="size-3.5 shrink-0 text-faint" />
                    <span className={artifact.id === marked ? "font-semibold" : ""}>
                      <PlainText text={artifact.name} />
                    </span>
                    <span className="text-faint">{formatBytes(artifact.size)}</span>
                    {artifact.id === marked && <Badge tone="active">this one</Badge>}
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
