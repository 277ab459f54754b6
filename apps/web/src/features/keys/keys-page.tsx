"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import type { KeyView } from "@nofx/core/api";
import { EmptyState } from "@nofx/ui/blocks/states";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { KeyRound, Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { LoadMore } from "#shell/load-more.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { useTRPC } from "#trpc/react.tsx";
import { KekSection } from "./kek-section.tsx";
import { KeyAudit } from "./key-audit.tsx";
import { KeyTable } from "./key-table.tsx";

const PutDialog = dynamic(() =>
  import("./put-key-dialog.tsx").then((module) => module.PutKeyDialog),
);
const RetireDialog = dynamic(() =>
  import("./retire-key-dialog.tsx").then((module) => module.RetireKeyDialog),
);

/** Uses of keys make no events: looked at anew while on screen. */
const EVERY_MS = 10_000;

export function KeysPage() {
  const trpc = useTRPC();
  const keys = useInfiniteQuery({
    ...trpc.keys.list.infiniteQueryOptions({}, byCursor),
    refetchInterval: EVERY_MS,
  });
  const rows = keys.data?.pages.flatMap((page) => page.items) ?? [];
  const [putting, setPutting] = useState<KeyView | "new">();
  const [retiring, setRetiring] = useState<KeyView>();
  const add = (
    <RightButton permission="key.manage" variant="primary" onClick={() => setPutting("new")}>
      <Plus aria-hidden />
      Add a key…
    </RightButton>
  );
  return (
    <>
      <PageHeader
        title="Keys"
        meta={
          <span className="text-sm text-soft">
            Keys of model providers, encrypted. None is ever shown again; each use is noted.
          </span>
        }
        actions={rows.length > 0 && add}
      />
      <Section title="In use">
        <QueryView query={keys} what="keys">
          {(data) =>
            rows.length === 0 ? (
              <EmptyState icon={KeyRound} title="No keys yet" action={add}>
                Models of a provider can be called once its key is here. Agents never see it.
              </EmptyState>
            ) : (
              <>
                <KeyTable keys={rows} onRotate={setPutting} onRetire={setRetiring} />
                <LoadMore
                  shown={rows.length}
                  total={data.pages[0]?.total ?? null}
                  what="keys"
                  hasMore={keys.hasNextPage}
                  loading={keys.isFetchingNextPage}
                  onMore={() => void keys.fetchNextPage()}
                />
              </>
            )
          }
        </QueryView>
      </Section>
      <KeyAudit every={EVERY_MS} />
      <KekSection />
      {putting !== undefined && (
        <PutDialog
          {...(putting !== "new" && { rotating: putting })}
          onClose={() => setPutting(undefined)}
        />
      )}
      {retiring !== undefined && (
        <RetireDialog of={retiring} onClose={() => setRetiring(undefined)} />
      )}
    </>
  );
}
