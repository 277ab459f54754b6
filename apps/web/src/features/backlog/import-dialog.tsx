"use client";

import type { ImportBacklogResult } from "@nofx/core/api";
import { writeCsv } from "@nofx/core/backlog-import";
import { Callout } from "@nofx/ui/blocks/callout";
import { Button } from "@nofx/ui/primitives/button";
import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Progress } from "@nofx/ui/primitives/progress";
import { CircleAlert, Download, FileUp } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { DocumentPicker } from "./document-picker.tsx";
import { ImportPreview } from "./import-preview.tsx";
import type { ImportSettings } from "./import-settings.ts";
import type { BacklogText } from "./send-document.ts";
import { type ImportWork, useImport } from "./use-import.ts";

/** Import in two steps: what would happen is shown row by row without writing anything, then it is imported. */
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
        className="max-w-3xl"
        title="Import a backlog"
        description="A table, a list of tasks, issues, or a whole document. Nothing is written before you have seen what it becomes."
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
  const [settings, setSettings] = useState<ImportSettings>({});
  const [skip, setSkip] = useState(false);
  const { work, preview, check, confirm, reset } = useImport(onImported, onClose);

  const choose = (chosen: BacklogText | undefined) => {
    setDocument(chosen);
    setSettings({});
    setSkip(false);
    reset();
    if (chosen !== undefined) void check(chosen, {});
  };
  const change = (part: ImportSettings) => {
    // other columns, or none at all
    const { mapping: _, ...kept } = settings;
    const next = { ...(part.format === undefined ? settings : kept), ...part };
    setSettings(next);
    if (document !== undefined) void check(document, next);
  };
  const refused = preview?.refused ?? 0;
  const ready =
    work.kind === "checked" &&
    preview !== undefined &&
    preview.items > 0 &&
    preview.pack !== null &&
    (refused === 0 || skip);

  if (work.kind === "partly") return <PartlyDone result={work.result} onClose={onClose} />;
  return (
    <>
      <DialogBody className="flex flex-col gap-3">
        <DocumentPicker document={document} onChoose={choose} disabled={work.kind === "busy"} />
        {preview !== undefined && <ImportPreview preview={preview} onSettings={change} />}
        <Progressing work={work} />
      </DialogBody>
      <DialogFooter>
        {refused > 0 && (preview?.items ?? 0) > 0 && (
          <label className="mr-auto flex items-center gap-2 text-sm">
            <Checkbox checked={skip} onChange={(event) => setSkip(event.target.checked)} />
            Leave out {refused === 1 ? "the wrong row" : `the ${refused} wrong rows`}
          </label>
        )}
        <Button onClick={onClose}>Cancel</Button>
        <Button
          variant="primary"
          disabled={!ready}
          onClick={() => {
            if (document === undefined || preview === undefined) return;
            const pack = preview.pack ?? undefined;
            void confirm(
              document,
              { ...settings, ...(pack && { pack }), format: preview.format },
              skip,
            );
          }}
        >
          <FileUp aria-hidden />
          {preview === undefined || preview.items === 0
            ? "Import"
            : `Import ${preview.items.toLocaleString("en")} ${preview.items === 1 ? "item" : "items"}`}
        </Button>
      </DialogFooter>
    </>
  );
}

function Progressing({ work }: { work: ImportWork }) {
  return (
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
      {work.kind === "failed" && <CommandProblem error={work.error} />}
    </div>
  );
}

/** What was left out, to be put right and imported again. */
function PartlyDone({ result, onClose }: { result: ImportBacklogResult; onClose: () => void }) {
  const { items, refused, refusedRows, pack } = result;
  return (
    <>
      <DialogBody className="flex flex-col gap-3">
        <Callout
          tone="warn"
          icon={CircleAlert}
          title={`${items} imported into ${pack}, ${refused} left out`}
        >
          Put the rows right in the file with those that were left out and import that one too.
        </Callout>
        <ul className="max-h-60 overflow-y-auto text-sm">
          {refusedRows.slice(0, 100).map(({ place, item, issues }) => (
            <li key={place} className="border-b border-line py-1 wrap-anywhere last:border-b-0">
              <span className="text-xs text-faint tabular-nums">{place}</span>{" "}
              <span className="font-mono text-xs">{item}</span>{" "}
              {issues.map(({ field, message }) => `${field}: ${message}`).join("; ")}
            </li>
          ))}
        </ul>
      </DialogBody>
      <DialogFooter>
        <Button asChild>
          <a href={refusedFile(result)} download={`${pack}-left-out.csv`}>
            <Download aria-hidden />
            Download the rows left out
          </a>
        </Button>
        <Button variant="primary" onClick={onClose}>
          Close
        </Button>
      </DialogFooter>
    </>
  );
}

function refusedFile({ columns, refusedRows }: ImportBacklogResult): string {
  const header = columns.length > 0 ? columns : ["id", "title"];
  const rows = refusedRows.map(({ cells, item, title, issues }) => [
    ...(cells ?? [item, title]).slice(0, header.length),
    issues.map(({ field, message }) => `${field}: ${message}`).join("; "),
  ]);
  return `data:text/csv;charset=utf-8,${encodeURIComponent(writeCsv([[...header, "Problem"], ...rows]))}`;
}
