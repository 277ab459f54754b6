"use client";

import { useMutation } from "@tanstack/react-query";
import type { ProviderView } from "@nofx/core/api";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Pencil, Power, PowerOff, Undo2 } from "lucide-react";
import Link from "next/link";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { providerLook } from "./health-look.ts";
import { useRoutingRefresh } from "#shell/use-routing-refresh.ts";

const ORIGIN: Record<ProviderView["origin"], string> = {
  product: "comes with the product",
  tenant: "this tenant's own",
  environment: "the server's own",
};

export function ProviderTable({
  providers,
  onChange,
}: {
  providers: readonly ProviderView[];
  onChange: (provider: ProviderView) => void;
}) {
  const trpc = useTRPC();
  const refresh = useRoutingRefresh();
  const turn = useMutation(trpc.providers.switch.mutationOptions({ onSettled: refresh }));
  const remove = useMutation(trpc.providers.remove.mutationOptions({ onSettled: refresh }));
  return (
    <>
      <CommandProblem error={turn.error ?? remove.error} className="m-3" />
      <Table aria-label="Providers">
        <THead>
          <Tr>
            <Th>Provider</Th>
            <Th>State</Th>
            <Th className="hidden sm:table-cell">Called at</Th>
            <Th className="hidden text-right md:table-cell">Models</Th>
            <Th>
              <span className="sr-only">Change</span>
            </Th>
          </Tr>
        </THead>
        <TBody>
          {providers.map((provider) => (
            <Tr key={`${provider.name}@${provider.region}`}>
              <Td className="min-w-40">
                <span className="font-medium">{provider.title}</span>
                <span className="block text-xs text-soft">
                  {provider.name}
                  {provider.region !== "default" && ` · ${provider.region}`} ·{" "}
                  {ORIGIN[provider.origin]}
                </span>
              </Td>
              <Td>
                <LookBadge look={providerLook(provider)} />
                {provider.missing === "key" && provider.enabled && (
                  <Link href="/keys" className="mt-0.5 block text-xs text-accent hover:underline">
                    Put one there
                  </Link>
                )}
              </Td>
              <Td className="hidden max-w-72 text-xs sm:table-cell">
                <span className="block truncate font-mono">
                  {provider.baseUrl ??
                    (provider.kind === "simulated" ? "this machine" : "its own address")}
                </span>
                <span className="text-soft">
                  {provider.kind.replace("_", " ")}
                  {Object.keys(provider.headers).length > 0 &&
                    `, ${Object.keys(provider.headers).length} headers`}
                  {provider.probe && ", probed when it fails"}
                </span>
              </Td>
              <Td className="hidden text-right tabular-nums md:table-cell">{provider.models}</Td>
              <Td className="text-right whitespace-nowrap">
                <Actions
                  provider={provider}
                  busy={turn.isPending || remove.isPending}
                  onChange={() => onChange(provider)}
                  onTurn={(enabled) =>
                    turn.mutate({ name: provider.name, region: provider.region, enabled })
                  }
                  onRemove={() => remove.mutate({ name: provider.name, region: provider.region })}
                />
              </Td>
            </Tr>
          ))}
        </TBody>
      </Table>
    </>
  );
}

function Actions({
  provider: { name, kind, origin, enabled },
  busy,
  onChange,
  onTurn,
  onRemove,
}: {
  provider: ProviderView;
  busy: boolean;
  onChange: () => void;
  onTurn: (enabled: boolean) => void;
  onRemove: () => void;
}) {
  if (kind === "simulated" || origin === "environment") return null;
  const right = { permission: "router.manage", size: "sm", disabled: busy } as const;
  return (
    <div className="inline-flex gap-1">
      <RightButton {...right} aria-label={`Change ${name}`} onClick={onChange}>
        <Pencil aria-hidden />
        <span className="hidden lg:inline">Change…</span>
      </RightButton>
      <RightButton
        {...right}
        aria-label={`Switch ${name} ${enabled ? "off" : "on"}`}
        onClick={() => onTurn(!enabled)}
      >
        {enabled ? <PowerOff aria-hidden /> : <Power aria-hidden />}
        <span className="hidden lg:inline">{enabled ? "Off" : "On"}</span>
      </RightButton>
      {origin === "tenant" && (
        <RightButton {...right} aria-label={`Take back what we said of ${name}`} onClick={onRemove}>
          <Undo2 aria-hidden />
        </RightButton>
      )}
    </div>
  );
}
