"use client";

import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPCClient } from "#trpc/react.tsx";

export function ExportButton() {
  const api = useTRPCClient();
  const download = useMutation({
    mutationFn: async () => (await import("./download-export.ts")).downloadExport(api),
  });
  return (
    <>
      <RightButton
        permission="audit.export"
        disabled={download.isPending}
        onClick={() => download.mutate()}
      >
        <Download aria-hidden />
        {download.isPending ? "Exporting…" : "Export"}
      </RightButton>
      <CommandProblem error={download.error} />
    </>
  );
}
