"use client";

import { useQuery } from "@tanstack/react-query";
import type { ArtifactView } from "@nofx/core/api";
import { CopyButton } from "@nofx/ui/blocks/copy-button";
import { EmptyState } from "@nofx/ui/blocks/states";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { formatBytes } from "@nofx/ui/hooks/format-time";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Download, Package } from "lucide-react";
import Link from "next/link";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";

export function RunArtifacts({ runId }: { runId: string }) {
  const trpc = useTRPC();
  const artifacts = useQuery(trpc.runs.artifacts.queryOptions({ runId }));
  return (
    <Section title="Artifacts">
      <QueryView query={artifacts} what="artifacts">
        {(data) =>
          data.items.length === 0 ? (
            <EmptyState icon={Package} title="No files yet">
              Files that steps name as artifacts can be downloaded here once they are stored.
            </EmptyState>
          ) : (
            <Table>
              <THead>
                <Tr>
                  <Th>File</Th>
                  <Th className="hidden sm:table-cell">Step</Th>
                  <Th className="text-right">Size</Th>
                  <Th className="hidden md:table-cell">SHA-256</Th>
                  <Th className="hidden lg:table-cell">Stored</Th>
                  <Th>
                    <span className="sr-only">Lineage</span>
                  </Th>
                </Tr>
              </THead>
              <TBody>
                {data.items.map((artifact) => (
                  <Tr key={artifact.id}>
                    <Td>
                      <DownloadLink artifact={artifact} />
                    </Td>
                    <Td className="hidden font-mono text-xs text-soft sm:table-cell">
                      {artifact.stepName}
                    </Td>
                    <Td className="text-right whitespace-nowrap tabular-nums">
                      {formatBytes(artifact.size)}
                    </Td>
                    <Td className="hidden md:table-cell">
                      <span className="flex items-center gap-0.5">
                        <code className="font-mono text-xs text-faint" title={artifact.sha256}>
                          {artifact.sha256.slice(0, 12)}…
                        </code>
                        <CopyButton value={artifact.sha256} label="Copy the SHA-256" />
                      </span>
                    </Td>
                    <Td className="hidden text-xs text-faint lg:table-cell">
                      <RelativeTime at={artifact.createdAt} />
                    </Td>
                    <Td className="text-xs">
                      <Link
                        href={`/lineage/artifact/${artifact.id}`}
                        aria-label={`Lineage of ${artifact.name}`}
                        className="text-accent hover:underline"
                      >
                        Lineage
                      </Link>
                    </Td>
                  </Tr>
                ))}
              </TBody>
            </Table>
          )
        }
      </QueryView>
    </Section>
  );
}

/** A signed address is good for an hour, a page stays open for longer: each click asks for a fresh one. */
function DownloadLink({ artifact }: { artifact: ArtifactView }) {
  const api = useTRPCClient();
  return (
    <a
      href={artifact.url}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        void api.artifacts.get
          .query({ artifactId: artifact.id })
          .then(({ url }) => window.location.assign(url))
          .catch(() => window.location.assign(artifact.url));
      }}
      className="flex items-center gap-1.5 break-all text-accent hover:underline"
    >
      <Download aria-hidden className="size-3.5 shrink-0" />
      {artifact.name}
    </a>
  );
}
