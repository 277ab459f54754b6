"use client";

import { useQuery } from "@tanstack/react-query";
import { Section } from "@nofx/ui/blocks/page-header";
import { formatBytes } from "@nofx/ui/hooks/format-time";
import { Download } from "lucide-react";
import { useTRPC } from "#trpc/react.tsx";

/** The files under review. Each opens by an address that was signed for this look and is good for minutes. */
export function ApprovalArtifacts({ approvalId }: { approvalId: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.approvals.artifacts.queryOptions({ approvalId }));
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Section title="Files under review">
      <ul className="divide-y divide-line">
        {data.items.map((file) => (
          <li
            key={file.id}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-sm"
          >
            <a
              href={file.url}
              target="_blank"
              rel="noreferrer"
              className="flex min-w-0 items-center gap-1.5 font-medium break-all hover:underline"
            >
              <Download aria-hidden className="size-3.5 shrink-0" />
              {file.name}
            </a>
            <span className="text-xs text-faint">
              {file.stepName}, {formatBytes(file.size)}
            </span>
            <code className="font-mono text-2xs text-faint" title={file.sha256}>
              sha256 {file.sha256.slice(0, 12)}…
            </code>
          </li>
        ))}
      </ul>
    </Section>
  );
}
