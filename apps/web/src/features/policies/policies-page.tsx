"use client";

import { useQuery } from "@tanstack/react-query";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Plus } from "lucide-react";
import Link from "next/link";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { PolicyTable } from "./policy-table.tsx";
import { WhatIfPanel } from "./what-if-panel.tsx";

export function PoliciesPage() {
  const trpc = useTRPC();
  const policies = useQuery(trpc.routing.policies.queryOptions({}));
  return (
    <>
      <PageHeader
        title="Policies"
        meta={
          <span className="text-sm text-soft">
            Rules by which models are chosen. A call asks for one by the model policy:NAME.
          </span>
        }
        actions={
          <Button variant="primary" asChild>
            <Link href="/policies/new">
              <Plus aria-hidden />
              New policy
            </Link>
          </Button>
        }
      />
      <Section title="Policies in force">
        <QueryView query={policies} what="policies">
          {(data) => <PolicyTable policies={data.policies} />}
        </QueryView>
      </Section>
      <WhatIfPanel />
    </>
  );
}
