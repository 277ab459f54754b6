"use client";

import { useMutation } from "@tanstack/react-query";
import type { ModelHealthView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Stethoscope } from "lucide-react";
import { CommandProblem } from "#shell/complain.tsx";
import { HEALTH_LOOK } from "#shell/health-look.ts";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { HealthBars } from "./health-bars.tsx";
import { sayHour } from "./health-look.ts";
import { useRoutingRefresh } from "#shell/use-routing-refresh.ts";

/** What was called within the hour: how it stands, minute by minute, and a word now for those who wonder. */
export function HealthTable({ health }: { health: readonly ModelHealthView[] }) {
  return (
    <Table aria-label="Health of models">
      <THead>
        <Tr>
          <Th>Model</Th>
          <Th>State</Th>
          <Th className="hidden md:table-cell">Last 60 minutes</Th>
          <Th className="hidden text-right lg:table-cell">p50 / p95</Th>
          <Th>
            <span className="sr-only">Ask it a word</span>
          </Th>
        </Tr>
      </THead>
      <TBody>
        {health.map((one) => (
          <HealthRow
            key={`${one.provider}/${one.model}@${one.region} ${one.shared}`}
            health={one}
          />
        ))}
      </TBody>
    </Table>
  );
}

function HealthRow({ health }: { health: ModelHealthView }) {
  const { provider, model, region, shared, state, triedAgainAt, rateLimitedUntil } = health;
  const errors = Object.entries(health.errors)
    .map(([code, count]) => `${code.replaceAll("_", " ")} ${count}`)
    .join(", ");
  return (
    <Tr>
      <Td className="min-w-44">
        <span className="font-medium break-all">
          {provider}/{model}
        </span>
        <span className="block text-xs text-soft">
          {region === "default" ? "" : `${region} · `}
          {shared ? "as all tenants see it" : "as this tenant sees it"}
        </span>
      </Td>
      <Td>
        <LookBadge look={HEALTH_LOOK[state]} />
        <span className="mt-0.5 block text-xs text-soft">
          {state === "open" && triedAgainAt !== null && (
            <>
              tried again <RelativeTime at={triedAgainAt} />
            </>
          )}
          {state !== "open" && rateLimitedUntil !== null && (
            <>
              asked for a pause, until <RelativeTime at={rateLimitedUntil} />
            </>
          )}
        </span>
      </Td>
      <Td className="hidden md:table-cell">
        <HealthBars health={health} />
        <span className="mt-0.5 block text-xs text-soft">
          {sayHour(health)}
          {errors !== "" && <span className="text-faint"> ({errors})</span>}
        </span>
      </Td>
      <Td className="hidden text-right text-xs whitespace-nowrap tabular-nums lg:table-cell">
        {health.p50Ms === null ? (
          <span className="text-faint">not measured</span>
        ) : (
          `${health.p50Ms.toLocaleString("en")} / ${(health.p95Ms ?? 0).toLocaleString("en")} ms`
        )}
      </Td>
      <Td className="text-right">
        <ProbeButton provider={provider} model={model} region={region} />
      </Td>
    </Tr>
  );
}

export function ProbeButton(where: { provider: string; model: string; region: string }) {
  const trpc = useTRPC();
  const refresh = useRoutingRefresh();
  const probe = useMutation(trpc.providers.probe.mutationOptions({ onSettled: refresh }));
  const { provider: name, model, region } = where;
  return (
    <div className="flex flex-col items-end gap-1">
      <RightButton
        permission="router.manage"
        size="sm"
        disabled={probe.isPending}
        aria-label={`Probe now: ${name}/${model}`}
        onClick={() => probe.mutate({ name, model, region })}
      >
        <Stethoscope aria-hidden />
        Probe now
      </RightButton>
      <span role="status" className="text-xs text-soft">
        {probe.data && `${probe.data.message} ${probe.data.latencyMs} ms`}
      </span>
      <CommandProblem error={probe.error} className="max-w-72 text-left" />
    </div>
  );
}
