"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ModelView } from "@nofx/core/api";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { NoMatchState } from "@nofx/ui/blocks/states";
import { Button } from "@nofx/ui/primitives/button";
import { Input, Select } from "@nofx/ui/primitives/input";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useDeferredValue, useMemo, useState } from "react";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { useTRPC } from "#trpc/react.tsx";
import { ModelTable } from "./model-table.tsx";
import { readModelsFilter, toModelsInput } from "./search-params.ts";

const ModelDialog = dynamic(() =>
  import("./model-dialog.tsx").then((module) => module.ModelDialog),
);
const PriceDialog = dynamic(() =>
  import("./price-dialog.tsx").then((module) => module.PriceDialog),
);

const STEP = 50;

export function ModelsPage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const filter = useMemo(() => readModelsFilter(read), [read]);
  const [shown, setShown] = useState(STEP);
  const [changing, setChanging] = useState<ModelView | "new">();
  const [priced, setPriced] = useState<ModelView>();
  const models = useQuery(
    trpc.models.list.queryOptions(useDeferredValue(toModelsInput(filter)), {
      placeholderData: keepPreviousData,
    }),
  );
  return (
    <>
      <PageHeader
        title="Models & prices"
        meta={
          <span className="text-sm text-soft">
            What can be asked, what it costs and since when. Prices come with the product; this
            tenant&apos;s own stand in their place.
          </span>
        }
        actions={
          <RightButton
            permission="router.manage"
            variant="primary"
            onClick={() => setChanging("new")}
          >
            <Plus aria-hidden />
            New model…
          </RightButton>
        }
      />
      <Section
        title="Models"
        actions={
          <div className="flex flex-wrap gap-2">
            <Input
              type="search"
              aria-label="Search"
              placeholder="Part of the name"
              className="h-7.5 w-44"
              defaultValue={filter.search}
              onChange={(event) => write({ q: event.target.value })}
            />
            <Select
              aria-label="Which"
              className="h-7.5 w-auto"
              value={filter.all ? "" : "no"}
              onChange={(event) => write({ all: event.target.value })}
            >
              <option value="">All that are known</option>
              <option value="no">For comparing plans</option>
            </Select>
          </div>
        }
      >
        <QueryView query={models} what="models">
          {(data) => {
            const sorted = data.models.toSorted(byUse);
            return sorted.length === 0 ? (
              <NoMatchState what="models" onClear={() => write({ q: undefined, all: undefined })} />
            ) : (
              <>
                <ModelTable
                  models={sorted.slice(0, shown)}
                  onPrices={setPriced}
                  onChange={setChanging}
                />
                {sorted.length > shown && (
                  <div className="flex items-center justify-between border-t border-line px-3 py-2 text-xs text-soft">
                    {shown} of {sorted.length}
                    <Button size="sm" onClick={() => setShown(shown + STEP * 2)}>
                      Show more
                    </Button>
                  </div>
                )}
              </>
            );
          }}
        </QueryView>
      </Section>
      {changing !== undefined && (
        <ModelDialog
          model={changing === "new" ? undefined : changing}
          onClose={() => setChanging(undefined)}
        />
      )}
      {priced !== undefined && <PriceDialog model={priced} onClose={() => setPriced(undefined)} />}
    </>
  );
}

/** What can be asked first, then by name. */
const byUse = (a: ModelView, b: ModelView) =>
  Number(b.routable) - Number(a.routable) || (a.id < b.id ? -1 : 1);
