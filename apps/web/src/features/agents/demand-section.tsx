"use client";

import { useQuery } from "@tanstack/react-query";
import { Section } from "@nofx/ui/blocks/page-header";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import Link from "next/link";
import { useTRPC } from "#trpc/react.tsx";
import { sayRate } from "./say-agent.ts";

const EVERY_MS = 5_000;

/** For which capabilities there is more to do than agents to do it; not shown where nothing waits and nothing is under way. */
export function DemandSection() {
  const trpc = useTRPC();
  const demand = useQuery({
    ...trpc.agents.demand.queryOptions({}),
    refetchInterval: EVERY_MS,
  });
  const wanted = (demand.data?.capabilities ?? []).filter(
    ({ ready, inFlight }) => ready + inFlight > 0,
  );
  if (wanted.length === 0) return null;
  return (
    <Section title="What is wanted now">
      <Table>
        <THead>
          <Tr>
            <Th>Capability</Th>
            <Th>Waiting</Th>
            <Th className="hidden sm:table-cell">Oldest</Th>
            <Th>At work</Th>
            <Th className="hidden md:table-cell">Failing</Th>
          </Tr>
        </THead>
        <TBody>
          {wanted.map((one) => (
            <Tr key={one.capability}>
              <Td>
                <Link
                  href={`/agents?capability=${encodeURIComponent(one.capability)}`}
                  className="font-mono text-xs font-medium break-all hover:underline"
                >
                  {one.capability}
                </Link>
              </Td>
              <Td className="tabular-nums">
                {one.ready.toLocaleString("en")}{" "}
                {one.ready > 0 && one.slots === 0 && <Badge tone="bad">nobody is there</Badge>}
              </Td>
              <Td className="hidden text-xs sm:table-cell">
                {one.ready === 0 ? "–" : formatDuration(one.oldestSeconds * 1_000)}
              </Td>
              <Td className="text-xs whitespace-nowrap tabular-nums">
                {one.inFlight} of {one.slots}
              </Td>
              <Td className="hidden text-xs tabular-nums md:table-cell">
                {sayRate(one.failureRate)}
              </Td>
            </Tr>
          ))}
        </TBody>
      </Table>
    </Section>
  );
}
