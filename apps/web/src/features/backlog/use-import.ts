"use client";

import { useQueryClient } from "@tanstack/react-query";
import type { BacklogPreview, ImportBacklogResult } from "@nofx/core/api";
import { useRef, useState } from "react";
import { newIdempotencyKey } from "#trpc/idempotency-link.ts";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";
import type { ImportSettings } from "./import-settings.ts";
import { type BacklogText, documentInput, putWithProgress } from "./send-document.ts";

export type ImportWork =
  | { kind: "idle" }
  | { kind: "busy"; doing: string; share: number | null }
  | { kind: "checked" }
  | { kind: "partly"; result: ImportBacklogResult }
  | { kind: "failed"; error: unknown };

type Sent = { text: string } | { uploadId: string };

/** Import in two steps: the document is previewed without writing anything, as often as its settings change, then imported. */
export function useImport(onImported: (pack: string) => void, onDone: () => void) {
  const api = useTRPCClient();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [work, setWork] = useState<ImportWork>({ kind: "idle" });
  const [preview, setPreview] = useState<BacklogPreview>();
  const turn = useRef(0);
  const sent = useRef<{ of: BacklogText; as: Sent }>(undefined);

  /** Runs one step; an answer that arrives after the reader moved on is dropped. */
  async function attempt(
    doing: string,
    step: (isMine: () => boolean) => Promise<ImportWork | undefined>,
  ) {
    const mine = ++turn.current;
    const isMine = () => turn.current === mine;
    setWork({ kind: "busy", doing, share: null });
    const next = await step(isMine).catch((error: unknown): ImportWork => ({
      kind: "failed",
      error,
    }));
    if (isMine() && next !== undefined) setWork(next);
  }

  async function send(document: BacklogText): Promise<Sent> {
    if (sent.current?.of === document) return sent.current.as;
    const as = await documentInput(
      document,
      { createUpload: (input) => api.backlog.createUpload.mutate(input), put: putWithProgress },
      (share) => setWork({ kind: "busy", doing: "Uploading…", share }),
    );
    sent.current = { of: document, as };
    return as;
  }

  return {
    work,
    preview,
    reset: () => {
      turn.current++;
      sent.current = undefined;
      setPreview(undefined);
      setWork({ kind: "idle" });
    },
    check: (document: BacklogText, settings: ImportSettings) =>
      attempt("Checking…", async (isMine) => {
        const source = await send(document);
        if (isMine()) setWork({ kind: "busy", doing: "Checking…", share: null });
        const asked = { ...source, name: document.name, ...settings };
        const found = await api.backlog.preview.mutate(asked);
        if (isMine()) setPreview(found);
        return { kind: "checked" };
      }),
    confirm: (document: BacklogText, settings: ImportSettings, skipInvalid: boolean) =>
      attempt("Importing…", async () => {
        const asked = { ...(await send(document)), name: document.name, ...settings, skipInvalid };
        const result = await api.backlog.import.mutate(asked, {
          context: { idempotencyKey: newIdempotencyKey() },
        });
        await queryClient.invalidateQueries(trpc.backlog.pathFilter());
        onImported(result.pack);
        if (result.refused > 0) return { kind: "partly", result };
        onDone();
        return undefined;
      }),
  };
}
