"use client";

import { useQuery } from "@tanstack/react-query";
import { Section } from "@nofx/ui/blocks/page-header";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { sayShare } from "./say-dispatch.ts";

const VERDICT = {
  better: { tone: "good", label: "better than chance" },
  worse: { tone: "bad", label: "worse than chance" },
  not_shown: { tone: "neutral", label: "not shown to be better" },
  too_few: { tone: "neutral", label: "too few outcomes" },
} as const;

/** Whether choosing on evidence is better than chance, by the share that is chosen at random. */
export function MeasureSection() {
  const trpc = useTRPC();
  const measure = useQuery(trpc.dispatch.measure.queryOptions({}));
  return (
    <Section title="Is it better than chance?">
      <QueryView query={measure} what="measurement">
        {(data) => (
          <>
            <div className="flex flex-wrap items-center gap-2 px-3 py-3 text-sm">
              <Badge tone={VERDICT[data.verdict].tone}>{VERDICT[data.verdict].label}</Badge>
              <span>{data.words}</span>
              <span className="text-xs text-faint">
                {data.chosen} chosen, {data.heldOut} held out in {data.days} days
              </span>
            </div>
            {data.strategies.some(({ chosen, heldOut }) => chosen + heldOut > 0) && (
              <Table>
                <THead>
                  <Tr>
                    <Th>Strategy</Th>
                    <Th className="text-right">Chosen</Th>
                    <Th className="text-right">Held out</Th>
                    <Th>Success, of the hold-out</Th>
                  </Tr>
                </THead>
                <TBody>
                  {data.strategies.map((one) => (
                    <Tr key={one.strategy}>
                      <Td className="font-medium">{one.strategy}</Td>
                      <Td className="text-right tabular-nums">{one.chosen}</Td>
                      <Td className="text-right tabular-nums">{one.heldOut}</Td>
                      <Td className="tabular-nums">
                        {one.success === null ? (
                          "–"
                        ) : (
                          <>
                            {sayShare(one.success)}{" "}
                            <span className="text-xs text-faint">
                              {sayShare(one.successLow)} to {sayShare(one.successHigh)}
                            </span>
                          </>
                        )}
                      </Td>
                    </Tr>
                  ))}
                </TBody>
              </Table>
            )}
          </>
        )}
      </QueryView>
    </Section>
  );
}
