"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { ModelView, PriceRecordView } from "@nofx/core/api";
import { Badge } from "@nofx/ui/primitives/badge";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Undo2 } from "lucide-react";
import { CommandProblem } from "#shell/complain.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useRoutingRefresh } from "#shell/use-routing-refresh.ts";
import { useTRPC } from "#trpc/react.tsx";
import { PriceForm } from "./price-form.tsx";
import { sayAllRates } from "./say-price.ts";

/** All that was ever said of a model's price, and a price of one's own. */
export function PriceDialog({ model, onClose }: { model: ModelView; onClose: () => void }) {
  const trpc = useTRPC();
  const refresh = useRoutingRefresh();
  const history = useQuery(trpc.models.prices.queryOptions({ model: model.id }));
  const withdraw = useMutation(trpc.models.withdrawPrice.mutationOptions({ onSettled: refresh }));
  const holds = history.data?.prices.some(({ own, inForce }) => own && inForce) === true;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        className="max-w-2xl"
        title={`Prices of ${model.id}`}
        description="USD for a million tokens. Calls keep the price that they were made at; nothing here is overwritten."
      >
        <DialogBody className="flex flex-col gap-4">
          <QueryView query={history} what="prices">
            {(data) =>
              data.prices.length === 0 ? (
                <p className="text-sm text-soft">Nobody knows what it costs.</p>
              ) : (
                <PriceTable prices={data.prices} />
              )
            }
          </QueryView>
          <PriceForm model={model.id} />
          <CommandProblem error={withdraw.error} />
        </DialogBody>
        <DialogFooter>
          {holds && (
            <RightButton
              permission="router.manage"
              className="mr-auto"
              disabled={withdraw.isPending}
              onClick={() => withdraw.mutate({ model: model.id, note: "Withdrawn on the page" })}
            >
              <Undo2 aria-hidden />
              Withdraw our price
            </RightButton>
          )}
          <Button onClick={onClose}>Close</Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

function PriceTable({ prices }: { prices: readonly PriceRecordView[] }) {
  return (
    <Table aria-label="Prices">
      <THead>
        <Tr>
          <Th>From</Th>
          <Th>Price</Th>
          <Th className="hidden sm:table-cell">By</Th>
        </Tr>
      </THead>
      <TBody>
        {prices.map((price, i) => (
          <Tr key={i} className={price.replaced ? "text-faint line-through" : ""}>
            <Td className="text-xs whitespace-nowrap">
              <time dateTime={price.effectiveFrom} title={price.effectiveFrom}>
                {price.own
                  ? `${price.effectiveFrom.slice(0, 16).replace("T", " ")} UTC`
                  : price.effectiveFrom.slice(0, 10)}
              </time>
              {price.inForce && (
                <Badge tone="good" className="ml-1.5">
                  Now
                </Badge>
              )}
            </Td>
            <Td className="text-sm tabular-nums">
              {price.withdrawn ? "withdrawn: the product's holds" : sayAllRates(price)}
              {price.aboveTokens > 0 && (
                <span className="block text-xs text-soft">
                  above {price.aboveTokens.toLocaleString("en")} tokens
                </span>
              )}
            </Td>
            <Td className="hidden max-w-56 text-xs text-soft sm:table-cell">
              {price.own ? `${price.note ?? ""} (${price.createdBy ?? "?"})` : price.source}
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}
