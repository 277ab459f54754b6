import type { UsageRow, UsageSums, UsageView } from "@nofx/core/api";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";

const TITLES: Record<UsageView["by"], string> = {
  tenant: "Tenant",
  run: "Run",
  step: "Step",
  agent: "Agent",
  model: "Model",
  day: "Day",
};

const count = (value: number) => value.toLocaleString("en");

/** The exact sums: rows, what was cut off, and all of it. */
export function UsageTable({ view }: { view: UsageView }) {
  return (
    <Table aria-label={`Usage by ${view.by}`}>
      <THead>
        <Tr>
          <Th>{TITLES[view.by]}</Th>
          <Th className="text-right">Cost (USD)</Th>
          <Th className="hidden text-right sm:table-cell">Calls</Th>
          <Th className="hidden text-right md:table-cell">Read</Th>
          <Th className="hidden text-right lg:table-cell">From caches</Th>
          <Th className="hidden text-right md:table-cell">Written</Th>
          <Th className="hidden text-right lg:table-cell">Reasoning</Th>
        </Tr>
      </THead>
      <TBody>
        {view.rows.map((row) => (
          <Tr key={row.key ?? ""}>
            <Td className="min-w-40 text-sm break-all">
              <Key by={view.by} row={row} />
            </Td>
            <Sums of={row} />
          </Tr>
        ))}
        {view.rest.calls > 0 && (
          <Tr>
            <Td className="text-sm text-soft">the rest</Td>
            <Sums of={view.rest} />
          </Tr>
        )}
        <Tr className="border-t border-line-strong font-medium">
          <Td className="text-sm">All</Td>
          <Sums of={view.total} />
        </Tr>
      </TBody>
    </Table>
  );
}

function Key({ by, row }: { by: UsageView["by"]; row: UsageRow }) {
  if (row.key === null) return <span className="text-faint">of no {by}</span>;
  const text = row.name ?? row.key;
  if (by !== "run") return text;
  return (
    <Link href={`/runs/${row.key}`} className="hover:underline">
      {text}
    </Link>
  );
}

function Sums({ of }: { of: UsageSums }) {
  return (
    <>
      <Td className="text-right font-mono text-xs tabular-nums">
        {of.costUsd}
        {of.unpriced > 0 && (
          <span className="block font-sans text-2xs text-warn">
            {count(of.unpriced)} without a price
          </span>
        )}
      </Td>
      <Td className="hidden text-right text-xs tabular-nums sm:table-cell">
        {count(of.calls)}
        {of.failed > 0 && (
          <span className="block text-2xs text-bad">{count(of.failed)} failed</span>
        )}
        {of.cached > 0 && (
          <span className="block text-2xs text-good">{count(of.cached)} kept answers</span>
        )}
      </Td>
      <Td className="hidden text-right text-xs tabular-nums md:table-cell">
        {count(of.inputTokens)}
      </Td>
      <Td className="hidden text-right text-xs tabular-nums lg:table-cell">
        {count(of.cacheReadTokens + of.cacheWriteTokens)}
      </Td>
      <Td className="hidden text-right text-xs tabular-nums md:table-cell">
        {count(of.outputTokens)}
      </Td>
      <Td className="hidden text-right text-xs tabular-nums lg:table-cell">
        {count(of.reasoningTokens)}
      </Td>
    </>
  );
}
