"use client";

import { useQuery } from "@tanstack/react-query";
import type { ProviderView } from "@nofx/core/api";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { EmptyState } from "@nofx/ui/blocks/states";
import { HeartPulse, Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { HealthTable } from "./health-table.tsx";
import { ProviderTable } from "./provider-table.tsx";

const ProviderDialog = dynamic(() =>
  import("./provider-dialog.tsx").then((module) => module.ProviderDialog),
);

/** Calls are no events: what they did to health is asked for while somebody looks. */
const HEALTH_EVERY_MS = 5_000;

export function ProvidersPage() {
  const trpc = useTRPC();
  const providers = useQuery(trpc.providers.list.queryOptions({}));
  const health = useQuery(
    trpc.providers.health.queryOptions({}, { refetchInterval: HEALTH_EVERY_MS }),
  );
  const [changing, setChanging] = useState<ProviderView | "new">();
  return (
    <>
      <PageHeader
        title="Providers & health"
        meta={
          <span className="text-sm text-soft">
            Who answers for models, and how they did in the last 60 minutes. One that fails is left
            within five calls and tried again by one.
          </span>
        }
        actions={
          <RightButton
            permission="router.manage"
            variant="primary"
            onClick={() => setChanging("new")}
          >
            <Plus aria-hidden />
            New provider…
          </RightButton>
        }
      />
      <Section title="Health">
        <QueryView query={health} what="health">
          {(data) =>
            data.health.length === 0 ? (
              <EmptyState icon={HeartPulse} title="Nothing was called within the hour">
                What models are called at stands here, minute by minute, as soon as somebody calls
                one.
              </EmptyState>
            ) : (
              <HealthTable health={data.health} />
            )
          }
        </QueryView>
      </Section>
      <Section title="Providers">
        <QueryView query={providers} what="providers">
          {(data) => <ProviderTable providers={data.providers} onChange={setChanging} />}
        </QueryView>
      </Section>
      {changing !== undefined && (
        <ProviderDialog
          provider={changing === "new" ? undefined : changing}
          onClose={() => setChanging(undefined)}
        />
      )}
    </>
  );
}
