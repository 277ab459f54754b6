"use client";

import { useQuery } from "@tanstack/react-query";
import type { GateRuleView } from "@nofx/core/api";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { GATE } from "@nofx/ui/tokens/status";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useRight } from "#features/session/session-provider.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { OverrideTable } from "./override-table.tsx";
import { RuleTable } from "./rule-table.tsx";

const GATES = ["structural", "risk", "compliance", "resource"] as const;

export function GatesPage() {
  const trpc = useTRPC();
  const rules = useQuery(trpc.gates.rules.queryOptions({}));
  const { allowed } = useRight("gate.manage");
  return (
    <>
      <PageHeader
        title="Gates"
        meta={
          <span className="text-sm text-soft">
            The rules that judge every plan before anybody is asked or anything runs.
          </span>
        }
        actions={
          allowed && (
            <Button asChild variant="primary">
              <Link href="/gates/new">
                <Plus aria-hidden />
                New rule
              </Link>
            </Button>
          )
        }
      />
      <QueryView query={rules} what="rules">
        {({ items, voidPlans }) => (
          <>
            {voidPlans > 0 && (
              <p className="mb-3 text-sm text-soft">
                {voidPlans === 1
                  ? "1 plan was judged by other rules than these: plan it again before it is executed."
                  : `${voidPlans} plans were judged by other rules than these: plan them again before they are executed.`}
              </p>
            )}
            {GATES.map((gate) => (
              <Section key={gate} title={`${GATE[gate].label}: ${GATE[gate].question}`}>
                <RuleTable rules={items.filter((rule: GateRuleView) => rule.gate === gate)} />
              </Section>
            ))}
          </>
        )}
      </QueryView>
      <Section title="Overrides">
        <OverrideTable />
      </Section>
    </>
  );
}
