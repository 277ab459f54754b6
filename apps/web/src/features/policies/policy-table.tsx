"use client";

import type { PolicyView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";

export function PolicyTable({ policies }: { policies: readonly PolicyView[] }) {
  return (
    <Table aria-label="Policies">
      <THead>
        <Tr>
          <Th>Policy</Th>
          <Th>Rules</Th>
          <Th className="hidden sm:table-cell">Version</Th>
          <Th className="hidden md:table-cell">Why</Th>
        </Tr>
      </THead>
      <TBody>
        {policies.map((policy) => (
          <Tr key={policy.name}>
            <Td className="min-w-36">
              <Link
                href={`/policies/${encodeURIComponent(policy.name)}`}
                className="font-medium break-all hover:underline"
              >
                {policy.name}
              </Link>
              <span className="block text-xs text-soft">
                {policy.name === "default"
                  ? "where a call names no other"
                  : `policy:${policy.name}`}
              </span>
            </Td>
            <Td className="text-sm">
              {policy.document === null
                ? "cannot be read"
                : policy.document.rules.map(({ strategy }) => strategy.type).join(", ")}
              <span className="mt-0.5 flex gap-1">
                {policy.problems.length > 0 && <Badge tone="bad">Does not work</Badge>}
                {policy.warnings.length > 0 && <Badge tone="warn">Look again</Badge>}
              </span>
            </Td>
            <Td className="hidden text-xs sm:table-cell">
              v{policy.version}, {policy.origin === "tenant" ? "own" : "comes with the product"}
            </Td>
            <Td className="hidden max-w-80 text-xs text-soft md:table-cell">
              {policy.note}
              {policy.origin === "tenant" && (
                <span className="block text-faint">
                  {policy.createdBy}, <RelativeTime at={policy.createdAt} />
                </span>
              )}
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}
