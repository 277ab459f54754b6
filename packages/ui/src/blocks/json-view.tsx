"use client";

import { Fragment, useState, type ReactNode } from "react";
import { cn } from "../cn.ts";
import { CopyButton } from "./copy-button.tsx";
import { revealText } from "./reveal-text.ts";

/** Text from outside: drawn as text, with what would be invisible made visible. */
export function PlainText({ text }: { text: string }) {
  return revealText(text).map((part, at) =>
    "text" in part ? (
      <Fragment key={at}>{part.text}</Fragment>
    ) : (
      <mark
        key={at}
        title={part.name}
        className="mx-px rounded bg-warn-soft px-0.5 text-2xs text-warn"
      >
        {part.hidden}
      </mark>
    ),
  );
}

function scalar(value: unknown): ReactNode {
  if (typeof value === "string") {
    return (
      <span className="text-text">
        <PlainText text={JSON.stringify(value)} />
      </span>
    );
  }
  return <span className="text-active">{JSON.stringify(value) ?? "undefined"}</span>;
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** A list of plain values short enough to read on one line, such as an argv. */
function fitsOnLine(value: object): boolean {
  return (
    Array.isArray(value) &&
    value.every((one) => !isNested(one) && !(typeof one === "string" && one.includes("\n"))) &&
    JSON.stringify(value).length <= 100
  );
}

function Node({ value, depth }: { value: unknown; depth: number }): ReactNode {
  if (typeof value === "string" && value.includes("\n")) {
    return (
      <span className="mt-0.5 block border-l-2 border-line-strong/60 pl-2.5 whitespace-pre-wrap">
        <PlainText text={value} />
      </span>
    );
  }
  if (!isNested(value)) return scalar(value);
  if (fitsOnLine(value)) {
    return (
      <span>
        [
        {(value as unknown[]).map((one, at) => (
          <Fragment key={at}>
            {at > 0 && ", "}
            {scalar(one)}
          </Fragment>
        ))}
        ]
      </span>
    );
  }
  return (
    <span className={cn("block", depth > 0 && "pl-4")}>
      {Object.entries(value).map(([key, child]) => (
        <span key={key} className="block">
          <span className="text-faint">
            {Array.isArray(value) ? (
              "- "
            ) : (
              <>
                <PlainText text={key} />:{" "}
              </>
            )}
          </span>
          <Node value={child} depth={depth + 1} />
        </span>
      ))}
    </span>
  );
}

/** A value word for word, in the order it was given; one click away from its exact JSON. */
export function JsonView({
  value,
  label,
  whole = false,
  className,
}: {
  value: unknown;
  label: string;
  /** Never cut: for what people decide about. */
  whole?: boolean;
  className?: string;
}) {
  const [raw, setRaw] = useState(false);
  const json = JSON.stringify(value, null, 2) ?? "undefined";
  return (
    <div className={cn("rounded-md border border-line bg-muted/60", className)}>
      <div className="flex items-center justify-between gap-2 border-b border-line py-0.5 pr-1 pl-3">
        <span className="text-2xs font-medium text-faint">{label}</span>
        <span className="flex items-center gap-1">
          <button
            type="button"
            aria-pressed={raw}
            onClick={() => setRaw(!raw)}
            className="h-6 rounded px-1.5 text-2xs text-faint hover:bg-muted hover:text-text aria-pressed:bg-accent-soft aria-pressed:text-accent"
          >
            JSON
          </button>
          <CopyButton value={json} label={`Copy ${label}`} />
        </span>
      </div>
      <div
        role="region"
        aria-label={label}
        tabIndex={0}
        className={cn(
          "overflow-auto px-3 py-2 font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap focus-visible:outline-offset-[-2px]",
          !whole && "max-h-[28rem]",
        )}
      >
        {raw ? <PlainText text={json} /> : <Node value={value} depth={0} />}
      </div>
    </div>
  );
}
