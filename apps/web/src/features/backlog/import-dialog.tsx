"use client";

import { useQueryClient } from "@tanstack/react-query";
import type { ImportBacklogResult } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { formatBytes } from "@nofx/ui/hooks/format-time";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { Progress } from "@nofx/ui/primitives/progress";
import { cn } from "@nofx/ui/cn";
import { CircleCheck, FileText, FileUp, X } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";
import { newIdempotencyKey } from "#trpc/idempotency-link.ts";
import { type BacklogText, documentInput, putWithProgress } from "./send-document.ts";

const MAX_FILE_BYTES = 50_000_000;

type Work =
  | { kind: "idle" }
  | { kind: "busy"; doing: string; share: number | null }
  | { kind: "checked"; result: ImportBacklogResult }
  | { kind: "failed"; error: unknown };

/** Import in two steps: the document is checked and counted without writing anything, then imported whole. */
export function ImportDialog({
  open,
  onOpenChange,
  onImported,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onImported: (pack: string) => void;
}) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        className="max-w-2xl"
        title="Import a backlog"
        description="A JSON or YAML document. All of its items are imported, or none."
      >
        <ImportForm onImported={onImported} onClose={() => onOpenChange(false)} />
      </DialogContent>
    </Dialog>
  );
}

/** Lives while the dialog is open, so that each opening begins anew. */
function ImportForm({
  onImported,
  onClose,
}: {
  onImported: (pack: string) => void;
  onClose: () => void;
}) {
  const [document, setDocument] = useState<BacklogText>();
  const { work, check, confirm, reset } = useImport(onImported, onClose);

  const choose = (chosen: BacklogText | undefined) => {
    setDocument(chosen);
    reset();
    if (chosen !== undefined && chosen.text.trim() !== "") void check(chosen);
  };

  return (
    <>
      <DialogBody className="flex flex-col gap-3">
        <DocumentPicker document={document} onChoose={choose} disabled={work.kind === "busy"} />
        <div aria-live="polite" className="flex flex-col gap-2">
          {work.kind === "busy" && (
            <div className="flex flex-col gap-1.5 text-sm text-soft">
              {work.doing}
              {work.share !== null && (
                <Progress
                  label={work.doing}
                  total={100}
                  parts={[{ label: "%", value: Math.round(work.share * 100), tone: "active" }]}
                />
              )}
            </div>
          )}
          {work.kind === "checked" && <Preview result={work.result} />}
          {work.kind === "failed" && <CommandProblem error={work.error} />}
        </div>
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" disabled={work.kind !== "checked"} onClick={() => void confirm()}>
          <FileUp aria-hidden />
          {work.kind === "checked"
            ? `Import ${work.result.items.toLocaleString("en")} items`
            : "Import"}
        </Button>
      </DialogFooter>
    </>
  );
}

function Preview({ result }: { result: ImportBacklogResult }) {
  const counted = result.created + result.updated + result.unchanged > 0;
  return (
    <Callout
      tone="good"
      icon={CircleCheck}
      title={`${result.items.toLocaleString("en")} items of pack ${result.pack} can be imported`}
    >
      {counted && (
        <>
          {result.created} new, {result.updated} changed, {result.unchanged} as they are.{" "}
        </>
      )}
      Nothing has been written yet.
    </Callout>
  );
}

function DocumentPicker({
  document,
  onChoose,
  disabled,
}: {
  document: BacklogText | undefined;
  onChoose: (document: BacklogText | undefined) => void;
  disabled: boolean;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [tooLarge, setTooLarge] = useState(false);
  const [pasted, setPasted] = useState("");

  async function take(file: File | undefined) {
    if (file === undefined) return;
    setTooLarge(file.size > MAX_FILE_BYTES);
    if (file.size <= MAX_FILE_BYTES) onChoose({ name: file.name, text: await file.text() });
  }

  if (document !== undefined && document.name !== "pasted") {
    return (
      <div className="flex items-center gap-2 rounded-md border border-line bg-muted/60 px-3 py-2 text-sm">
        <FileText aria-hidden className="size-4 text-faint" />
        <span className="min-w-0 flex-1 truncate font-medium">{document.name}</span>
        <span className="text-xs text-faint">{formatBytes(document.text.length)}</span>
        <Button
          variant="ghost"
          size="iconSm"
          aria-label="Choose another document"
          disabled={disabled}
          onClick={() => onChoose(undefined)}
        >
          <X aria-hidden />
        </Button>
      </div>
    );
  }
  return (
    <>
      <div
        onDragOver={(event: DragEvent) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event: DragEvent) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer.files[0]);
        }}
        className={cn(
          "flex flex-col items-center gap-2 rounded-md border border-dashed border-line-strong px-4 py-6 text-center text-sm text-soft",
          over && "border-accent bg-accent-soft",
        )}
      >
        <FileUp aria-hidden className="size-5 text-faint" />
        <span>Drop a file here, up to 50 MB</span>
        <Button size="sm" onClick={() => input.current?.click()}>
          Choose a file
        </Button>
        <input
          ref={input}
          type="file"
          accept=".json,.yaml,.yml,application/json,application/yaml"
          aria-label="Backlog file"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            void take(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
        {tooLarge && (
          <span role="alert" className="text-bad">
            That file is larger than 50 MB. Split it into packs.
          </span>
        )}
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor="pasted-backlog">or paste it</Label>
        <Textarea
          id="pasted-backlog"
          rows={7}
          spellCheck={false}
          className="font-mono text-xs"
          placeholder={
            "version: 1\npack: my-pack\nitems:\n  - id: check\n    title: Check it\n    kind: shell\n    with: { command: [node, --version] }"
          }
          value={pasted}
          onChange={(event) => setPasted(event.target.value)}
        />
        <div>
          <Button
            size="sm"
            disabled={disabled || pasted.trim() === ""}
            onClick={() => onChoose({ name: "pasted", text: pasted })}
          >
            Check it
          </Button>
        </div>
      </div>
    </>
  );
}

function useImport(onImported: (pack: string) => void, onDone: () => void) {
  const api = useTRPCClient();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [work, setWork] = useState<Work>({ kind: "idle" });
  const turn = useRef(0);
  const sent = useRef<{ text: string } | { uploadId: string }>(undefined);
  const importKey = useRef("");

  /** Runs one step; an answer that arrives after the reader moved on is dropped. */
  async function attempt(doing: string, step: () => Promise<Work | undefined>) {
    const mine = ++turn.current;
    setWork({ kind: "busy", doing, share: null });
    const next = await step().catch((error: unknown): Work => ({ kind: "failed", error }));
    if (turn.current === mine && next !== undefined) setWork(next);
  }

  const [reset] = useState(() => () => {
    turn.current++;
    sent.current = undefined;
    setWork({ kind: "idle" });
  });

  return {
    work,
    reset,
    check: (document: BacklogText) =>
      attempt("Checking…", async () => {
        importKey.current = newIdempotencyKey();
        sent.current = await documentInput(
          document,
          { createUpload: (input) => api.backlog.createUpload.mutate(input), put: putWithProgress },
          (share) => setWork({ kind: "busy", doing: "Uploading…", share }),
        );
        setWork({ kind: "busy", doing: "Checking…", share: null });
        const result = await api.backlog.import.mutate({ ...sent.current, dryRun: true });
        return { kind: "checked", result };
      }),
    confirm: () =>
      attempt("Importing…", async () => {
        if (sent.current === undefined) return { kind: "idle" };
        const result = await api.backlog.import.mutate(sent.current, {
          context: { idempotencyKey: importKey.current },
        });
        await queryClient.invalidateQueries(trpc.backlog.pathFilter());
        onImported(result.pack);
        onDone();
        return undefined;
      }),
  };
}
