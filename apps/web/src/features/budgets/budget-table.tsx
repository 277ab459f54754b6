"use client";

import type { BudgetView } from "@nofx/core/api";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";
import { BudgetMeter } from "./budget-meter.tsx";
import { OUTCOMES, sayAmount, sayTerms } from "./say-budget.ts";

export function BudgetTable({ budgets }: { budgets: readonly BudgetView[] }) {
  return (
    <Table aria-label="Budgets">
      <THead>
        <Tr>
          <Th>Budget</Th>
          <Th>Used now</Th>
          <Th className="hidden sm:table-cell">Then</Th>
          <Th className="hidden md:table-cell">Fullest</Th>
        </Tr>
      </THead>
      <TBody>
        {budgets.map((budget) => {
          const [fullest] = budget.uses;
          const outcome = OUTCOMES[budget.outcome];
          return (
            <Tr key={budget.id}>
              <Td className="min-w-44">
                <Link
                  href={`/budgets/${budget.id}`}
                  className="font-medium break-all hover:underline"
                >
                  {budget.name}
                </Link>
                {!budget.enabled && <Badge className="ml-2">Off</Badge>}
                <span className="block text-xs text-soft">
                  {sayAmount(budget.measure, budget.limit)} {sayTerms(budget)}
                </span>
              </Td>
              <Td>
                {fullest === undefined ? (
                  <span className="text-xs text-faint">nothing</span>
                ) : (
                  <BudgetMeter budget={budget} use={fullest} />
                )}
              </Td>
              <Td className="hidden sm:table-cell">
                <Badge tone={outcome.tone} title={outcome.means}>
                  {outcome.label}
                </Badge>
              </Td>
              <Td className="hidden text-xs md:table-cell">
                {fullest === undefined || budget.scope === "tenant" ? (
                  <span className="text-faint">
                    {budget.scope === "tenant" ? "the tenant" : "nobody"}
                  </span>
                ) : (
                  <>
                    <span className="break-all">{fullest.subjectName ?? fullest.subject}</span>
                    {budget.subjects > 1 && (
                      <span className="block text-faint">of {budget.subjects}</span>
                    )}
                  </>
                )}
              </Td>
            </Tr>
          );
        })}
      </TBody>
    </Table>
  );
}
