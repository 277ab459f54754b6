"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Ban, RefreshCw } from "lucide-react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useKeysRefresh } from "./use-keys-refresh.ts";

const TONE = { current: "good", previous: "wait", retired: "neutral", unused: "active" } as const;

/** The key that encrypts keys: one for all tenants, so only for those who operate the plane. */
export function KekSection() {
  const trpc = useTRPC();
  const refresh = useKeysRefresh();
  const list = useQuery(trpc.keys.keks.queryOptions({})).data;
  const rotate = useMutation(trpc.keys.rotateKek.mutationOptions({ onSettled: refresh }));
  const retire = useMutation(trpc.keys.retireKek.mutationOptions({ onSettled: refresh }));
  if (list === undefined || !list.mayChange) return null;
  const unfinished = list.keks.find(({ status, keys }) => status === "previous" && keys > 0);
  const busy = rotate.isPending || retire.isPending;
  return (
    <Section
      title="The key that encrypts keys"
      actions={
        <RightButton
          permission="key.manage"
          size="sm"
          disabled={busy}
          onClick={() => rotate.mutate({})}
        >
          <RefreshCw aria-hidden />
          {unfinished === undefined ? "Rotate" : "Go on with the rotation"}
        </RightButton>
      }
    >
      {list.keks.length === 0 ? (
        <p className="px-4 py-6 text-sm text-faint">None was used yet.</p>
      ) : (
        <Table aria-label="Versions of the key that encrypts keys">
          <THead>
            <Tr>
              <Th>Version</Th>
              <Th>Status</Th>
              <Th className="text-right">Secrets under it</Th>
              <Th className="hidden sm:table-cell">Since</Th>
              <Th>
                <span className="sr-only">Change</span>
              </Th>
            </Tr>
          </THead>
          <TBody>
            {list.keks.map((kek) => (
              <Tr key={kek.kid}>
                <Td className="font-mono text-xs">{kek.kid}</Td>
                <Td>
                  <Badge tone={TONE[kek.status]}>{kek.status}</Badge>
                  {!kek.held && kek.status !== "retired" && (
                    <span className="block text-xs text-bad">not held by this server</span>
                  )}
                </Td>
                <Td className="text-right tabular-nums">{kek.keys.toLocaleString("en")}</Td>
                <Td className="hidden text-xs text-faint sm:table-cell">
                  {kek.createdAt === null ? "never used" : <RelativeTime at={kek.createdAt} />}
                </Td>
                <Td className="text-right">
                  {kek.status === "previous" && kek.keys === 0 && (
                    <RightButton
                      permission="key.manage"
                      size="sm"
                      variant="dangerOutline"
                      disabled={busy}
                      onClick={() => retire.mutate({ kid: kek.kid })}
                      aria-label={`Retire version ${kek.kid}`}
                    >
                      <Ban aria-hidden />
                      Retire
                    </RightButton>
                  )}
                </Td>
              </Tr>
            ))}
          </TBody>
        </Table>
      )}
      <CommandProblem error={rotate.error ?? retire.error} className="m-3" />
    </Section>
  );
}
