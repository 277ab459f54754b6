"use client";

import { formatBytes } from "@nofx/ui/hooks/format-time";
import { Button } from "@nofx/ui/primitives/button";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { cn } from "@nofx/ui/cn";
import { FileText, FileUp, X } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import type { BacklogText } from "./send-document.ts";

const MAX_FILE_BYTES = 50_000_000;

const EXAMPLE = `- [ ] Add the endpoint #api @ada !p1
- [ ] Show the list (needs: add-the-endpoint)

or: version: 1, pack, items … as YAML or JSON
or: a table with a header, copied from a spreadsheet`;

/** Where a document comes from: dropped, chosen or pasted. */
export function DocumentPicker({
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

  if (document !== undefined) {
    return (
      <div className="flex items-center gap-2 rounded-md border border-line bg-muted/60 px-3 py-2 text-sm">
        <FileText aria-hidden className="size-4 text-faint" />
        <span className="min-w-0 flex-1 truncate font-medium">
          {document.name === "pasted" ? "What was pasted" : document.name}
        </span>
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
        data-testid="drop-here"
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
        <span>
          Drop a file here: CSV (as Jira exports it), Markdown tasks, issues from <code>gh</code>,
          JSON or YAML
        </span>
        <Button size="sm" onClick={() => input.current?.click()}>
          Choose a file
        </Button>
        <input
          ref={input}
          type="file"
          accept=".json,.yaml,.yml,.csv,.tsv,.md,.markdown,.txt"
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
          placeholder={EXAMPLE}
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
