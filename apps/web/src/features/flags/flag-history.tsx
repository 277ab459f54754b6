"use client";

import { useQuery } from "@tanstack/react-query";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { FlagBadge } from "./flag-table.tsx";

/** Who switched what and why, from the audit log. */
export function FlagHistory() {
  const trpc = useTRPC();
  const history = useQuery(trpc.flags.history.queryOptions({}));
  return (
    <Section
      title="History"
      actions={
        <Link href="/audit?verb=flag." className="text-xs text-accent hover:underline">
          In the audit log
        </Link>
      }
    >
      <QueryView query={history} what="changes">
        {({ changes }) =>
          changes.length === 0 ? (
            <p className="px-4 py-6 text-sm text-faint">Nobody has switched anything yet.</p>
          ) : (
            <Table aria-label="Changes of flags">
              <THead>
                <Tr>
                  <Th>When</Th>
                  <Th>Flag</Th>
                  <Th>To</Th>
                  <Th>By</Th>
                  <Th>Why</Th>
                </Tr>
              </THead>
              <TBody>
                {changes.map((change) => (
                  <Tr key={change.seq}>
                    <Td className="text-xs text-faint">
                      <RelativeTime at={change.at} />
                    </Td>
                    <Td className="font-mono text-xs break-all">{change.flag}</Td>
                    <Td>
                      <FlagBadge enabled={change.enabled} />
                    </Td>
                    <Td className="text-sm">{change.by}</Td>
                    <Td className="text-sm wrap-anywhere">{change.note}</Td>
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
