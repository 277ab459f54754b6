"use client";

import type { ComparisonRowView, ComparisonView } from "@nofx/core/api";
import { LookBadge, VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";
import { AdoptButton } from "./adopt-button.tsx";
import { OUTCOME, sayDifferences, saySeconds } from "./comparison-look.ts";

const NUMBER = "text-right tabular-nums";

/** Every model beside our own plan: the same backlog, the same estimates, the same gates. */
export function ComparisonTable({ comparison }: { comparison: ComparisonView }) {
  const { own, rows } = comparison;
  return (
    <Table aria-label="Models compared">
      <THead>
        <Tr>
          <Th>Model</Th>
          <Th>Outcome</Th>
          <Th className={NUMBER}>Answered in</Th>
          <Th className={NUMBER}>Cost</Th>
          <Th className={NUMBER}>Steps</Th>
          <Th className={NUMBER}>Takes</Th>
          <Th>Verdict</Th>
          <Th>Against ours</Th>
          <Th>
            <span className="sr-only">Adopt</span>
          </Th>
        </Tr>
      </THead>
      <TBody>
        <Tr>
          <Td className="font-medium">Our planner</Td>
          <Td />
          <Td />
          <Td />
          <Td className={NUMBER}>{own.steps.toLocaleString("en")}</Td>
          <Td className={NUMBER}>{saySeconds(own.makespanSeconds)}</Td>
          <Td>
            <VerdictBadge verdict={own.verdict} />
          </Td>
          <Td />
          <Td />
        </Tr>
        {rows.map((row) => (
          <Row key={row.model} row={row} comparison={comparison} />
        ))}
      </TBody>
    </Table>
  );
}

function Row({ row, comparison }: { row: ComparisonRowView; comparison: ComparisonView }) {
  const { plan, differences } = row;
  return (
    <Tr>
      <Td className="min-w-40">
        <a href={`#${row.model}`} className="font-medium break-all hover:underline">
          {row.model}
        </a>
        {row.simulated && <Badge className="ml-1.5">simulated</Badge>}
      </Td>
      <Td>
        <LookBadge look={OUTCOME[row.status]} />
      </Td>
      <Td className={NUMBER}>
        {row.latencyMs !== null && `${row.latencyMs.toLocaleString("en")} ms`}
      </Td>
      <Td className={NUMBER}>
        {row.costUsd !== null ? (
          `$${row.costUsd}`
        ) : (
          <span className="text-faint">{row.latencyMs !== null && "unknown"}</span>
        )}
      </Td>
      <Td className={NUMBER}>{plan?.steps.toLocaleString("en")}</Td>
      <Td className={NUMBER}>{plan !== null && saySeconds(plan.makespanSeconds)}</Td>
      <Td>{plan !== null && <VerdictBadge verdict={plan.verdict} />}</Td>
      <Td className="text-xs">{differences !== null && sayDifferences(differences)}</Td>
      <Td className="text-right">
        {row.adoptedAs !== null ? (
          <Link href={`/plans/${row.adoptedAs}`} className="text-xs text-accent hover:underline">
            Adopted
          </Link>
        ) : (
          plan !== null && <AdoptButton comparison={comparison} model={row.model} />
        )}
      </Td>
    </Tr>
  );
}
