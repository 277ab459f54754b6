"use client";

import type { ModelView } from "@nofx/core/api";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { CircleDollarSign, Pencil } from "lucide-react";
import { Button } from "@nofx/ui/primitives/button";
import { RightButton } from "#shell/right-button.tsx";
import { sayRates } from "./say-price.ts";

export function ModelTable({
  models,
  onPrices,
  onChange,
}: {
  models: readonly ModelView[];
  onPrices: (model: ModelView) => void;
  onChange: (model: ModelView) => void;
}) {
  return (
    <Table aria-label="Models">
      <THead>
        <Tr>
          <Th>Model</Th>
          <Th>Can be asked</Th>
          <Th className="text-right">In / out, 1M tokens</Th>
          <Th className="hidden text-right md:table-cell">Context</Th>
          <Th className="hidden text-right lg:table-cell">Quality</Th>
          <Th className="hidden xl:table-cell">Can do</Th>
          <Th>
            <span className="sr-only">Change</span>
          </Th>
        </Tr>
      </THead>
      <TBody>
        {models.map((model) => (
          <Tr key={model.id}>
            <Td className="min-w-44">
              <span className="font-medium break-all">{model.id}</span>
              <span className="block text-xs text-soft">
                {model.title}
                {model.simulated && ", made up on this machine"}
                {model.own && ", own settings"}
              </span>
            </Td>
            <Td>
              <Asked model={model} />
            </Td>
            <Td className="text-right whitespace-nowrap tabular-nums">
              {model.price === null ? (
                <span className="text-faint">unknown</span>
              ) : (
                <>
                  {sayRates(model.price)}
                  {model.price.own && <span className="block text-xs text-soft">own price</span>}
                </>
              )}
            </Td>
            <Td className="hidden text-right tabular-nums md:table-cell">
              {model.contextTokens?.toLocaleString("en") ?? (
                <span className="text-faint">unknown</span>
              )}
            </Td>
            <Td className="hidden text-right tabular-nums lg:table-cell">
              {model.quality ?? <span className="text-faint">not judged</span>}
            </Td>
            <Td className="hidden text-xs text-soft xl:table-cell">
              {model.capabilities.filter((one) => one !== "text").join(", ")}
            </Td>
            <Td className="text-right whitespace-nowrap">
              <div className="inline-flex gap-1">
                <Button
                  size="sm"
                  aria-label={`Prices of ${model.id}`}
                  onClick={() => onPrices(model)}
                >
                  <CircleDollarSign aria-hidden />
                  <span className="hidden sm:inline">Prices</span>
                </Button>
                {!model.simulated && (
                  <RightButton
                    permission="router.manage"
                    size="sm"
                    aria-label={`Change ${model.id}`}
                    onClick={() => onChange(model)}
                  >
                    <Pencil aria-hidden />
                  </RightButton>
                )}
              </div>
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}

function Asked({ model }: { model: ModelView }) {
  if (!model.enabled) return <Badge tone="ended">Off</Badge>;
  return model.routable ? <Badge tone="good">Yes</Badge> : <Badge tone="neutral">No key</Badge>;
}
