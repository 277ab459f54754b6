"use client";

import type { BacklogPreview, ImportWarning } from "@nofx/core/api";
import { ImportFormat } from "@nofx/core/backlog-import";
import { Callout } from "@nofx/ui/blocks/callout";
import { Input, Label, Select } from "@nofx/ui/primitives/input";
import { CircleAlert, CircleCheck } from "lucide-react";
import { useState } from "react";
import { FORMAT_NAMES, packName, type ImportSettings } from "./import-settings.ts";
import { MappingTable } from "./mapping-table.tsx";
import { PreviewTable } from "./preview-table.tsx";

/** What an import would do, and what can be said about it before: the format, the pack, what columns are. */
export function ImportPreview({
  preview,
  onSettings,
}: {
  preview: BacklogPreview;
  onSettings: (change: ImportSettings) => void;
}) {
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-3">
        <div className="flex flex-col gap-1">
          <Label htmlFor="import-format">Format</Label>
          <Select
            id="import-format"
            className="w-40"
            value={preview.format}
            onChange={(event) => onSettings({ format: ImportFormat.parse(event.target.value) })}
          >
            {ImportFormat.options.map((format) => (
              <option key={format} value={format}>
                {FORMAT_NAMES[format]}
              </option>
            ))}
          </Select>
        </div>
        <PackField
          key={preview.pack}
          pack={preview.pack ?? ""}
          onPack={(pack) => onSettings({ pack })}
        />
        {preview.remembered && (
          <span className="pb-2 text-xs text-faint">
            Columns are taken as in your last import of this kind.
          </span>
        )}
      </div>
      {preview.columns.length > 0 && (
        <MappingTable columns={preview.columns} onChange={(mapping) => onSettings({ mapping })} />
      )}
      <Verdict preview={preview} />
      <Warnings warnings={preview.warnings} />
      {preview.rows.length > 0 && <PreviewTable preview={preview} />}
    </div>
  );
}

function PackField({ pack, onPack }: { pack: string; onPack: (pack: string) => void }) {
  const [typed, setTyped] = useState(pack);
  const apply = () => {
    const name = packName(typed);
    setTyped(name);
    if (name !== "" && name !== pack) onPack(name);
  };
  return (
    <div className="flex flex-col gap-1">
      <Label htmlFor="import-pack">Pack</Label>
      <Input
        id="import-pack"
        className="w-56"
        placeholder="name of the pack"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={apply}
        onKeyDown={(event) => event.key === "Enter" && apply()}
      />
    </div>
  );
}

function Verdict({ preview }: { preview: BacklogPreview }) {
  const { items, refused, created, updated, unchanged, skipped, pack } = preview;
  if (preview.missing.includes("title")) {
    return (
      <Callout tone="warn" icon={CircleAlert} title="Which column is the title?">
        Say it above; the rest can be left out.
      </Callout>
    );
  }
  const many = (n: number, what: string) =>
    `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
  const fine = items > 0 && refused === 0 && pack !== null;
  const named = pack === null ? "" : ` of pack ${pack}`;
  return (
    <Callout
      tone={fine ? "good" : "warn"}
      icon={fine ? CircleCheck : CircleAlert}
      title={`${many(items, "item")}${named} can be imported`}
    >
      {items > 0 && `${created} new, ${updated} changed, ${unchanged} as they are. `}
      {refused > 0 && `${many(refused, "row")} cannot. `}
      {skipped > 0 && `${skipped} done already, left out. `}
      {pack === null && "Name the pack that they go to. "}
      {preview.issues.join(" ")} Nothing has been written yet.
    </Callout>
  );
}

function Warnings({ warnings }: { warnings: readonly ImportWarning[] }) {
  if (warnings.length === 0) return null;
  return (
    <details className="text-sm" open={warnings.length <= 3}>
      <summary className="cursor-pointer text-soft">
        {warnings.length === 1 ? "1 remark" : `${warnings.length} remarks`}
      </summary>
      <ul className="mt-1 list-disc pl-5 text-xs text-soft">
        {warnings.map(({ message, count, places }) => (
          <li key={message} className="wrap-anywhere">
            {message}
            {places.length > 0 && (
              <span className="text-faint">
                {" "}
                ({places.join(", ")}
                {count > places.length ? ", …" : ""})
              </span>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
