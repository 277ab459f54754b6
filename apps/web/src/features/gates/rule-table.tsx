"use client";

import type { GateRuleView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";

export function RuleTable({ rules }: { rules: readonly GateRuleView[] }) {
  return (
    // of fixed widths: the tables of the gates stand one below the other
    <Table className="table-fixed">
      <THead>
        <Tr>
          <Th>Rule</Th>
          <Th className="w-24">Verdict</Th>
          <Th className="hidden w-24 sm:table-cell">Version</Th>
          <Th className="hidden w-36 text-right md:table-cell">Hits in 100 plans</Th>
          <Th className="hidden w-28 lg:table-cell">Last hit</Th>
        </Tr>
      </THead>
      <TBody>
        {rules.map((rule) => (
          <Tr key={rule.name}>
            <Td>
              <Link
                href={`/gates/rules/${rule.name}`}
                className="font-mono text-xs font-medium break-all hover:underline"
              >
                {rule.name}
              </Link>
              <span className="block max-w-xl truncate text-xs text-soft">
                {rule.reason ?? rule.finds ?? rule.tip}
              </span>
            </Td>
            <Td>
              {rule.enabled ? (
                <VerdictBadge verdict={rule.verdict} />
              ) : (
                <Badge className="bg-muted text-soft">Off</Badge>
              )}
            </Td>
            <Td className="hidden text-xs text-soft sm:table-cell">
              {rule.version}
              {rule.origin === "own" && ", own"}
            </Td>
            <Td className="hidden text-right tabular-nums md:table-cell">
              {rule.hits === 0 ? <span className="text-faint">0</span> : rule.hits}
            </Td>
            <Td className="hidden text-xs text-soft lg:table-cell">
              {rule.lastHitAt === null ? (
                <span className="text-faint">never</span>
              ) : (
                <RelativeTime at={rule.lastHitAt} />
              )}
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}
