"use client";

import { useQuery } from "@tanstack/react-query";
import type { FlagView } from "@nofx/core/api";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import dynamic from "next/dynamic";
import { useState } from "react";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { FlagHistory } from "./flag-history.tsx";
import { FlagTable } from "./flag-table.tsx";

const SwitchDialog = dynamic(() =>
  import("./switch-dialog.tsx").then((module) => module.SwitchDialog),
);

export function FlagsPage() {
  const trpc = useTRPC();
  const flags = useQuery(trpc.flags.list.queryOptions({}));
  const [switching, setSwitching] = useState<FlagView>();
  return (
    <>
      <PageHeader
        title="Flags"
        meta={
          <span className="text-sm text-soft">
            Paths that this tenant opens and closes, each alone. Heeded everywhere within three
            seconds.
          </span>
        }
      />
      <Section title="All flags">
        <QueryView query={flags} what="flags">
          {(data) => <FlagTable flags={data.flags} onSwitch={setSwitching} />}
        </QueryView>
      </Section>
      <FlagHistory />
      {switching !== undefined && (
        <SwitchDialog flag={switching} onClose={() => setSwitching(undefined)} />
      )}
    </>
  );
}
