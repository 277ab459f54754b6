"use client";

import { ArrowDown } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";
import { cn } from "../cn.ts";
import { Button } from "../primitives/button.tsx";
import { PlainText } from "./json-view.tsx";
import { stripAnsi } from "./reveal-text.ts";

export interface LogViewLine {
  id: string;
  at: string;
  source: string | null;
  stream: "stdout" | "stderr" | "log" | "system";
  text: string;
}

const STREAM: Record<LogViewLine["stream"], string> = {
  stdout: "text-text",
  stderr: "text-warn",
  log: "text-active",
  system: "text-faint italic",
};

const NEAR_END = 24;

/**
 * Log lines, oldest first. It follows the end until the reader scrolls up; then new lines wait behind a pill and
 * nothing moves under the eye.
 */
export function LogView({
  lines,
  label,
  className,
}: {
  lines: readonly LogViewLine[];
  label: string;
  className?: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const [seen, setSeen] = useState(lines.length);

  useLayoutEffect(() => {
    const node = box.current;
    if (!node || !following) return;
    node.scrollTop = node.scrollHeight;
    setSeen(lines.length);
  }, [following, lines]);

  const unseen = Math.max(0, lines.length - seen);
  return (
    <div className={cn("relative", className)}>
      <div
        ref={box}
        role="log"
        aria-live="off"
        aria-label={label}
        tabIndex={0}
        onScroll={(event) => {
          const node = event.currentTarget;
          const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END;
          setFollowing(atEnd);
        }}
        className="h-96 overflow-auto rounded-md border border-line bg-muted/60 py-2 font-mono text-xs leading-[1.15rem] focus-visible:outline-offset-[-2px]"
      >
        {lines.map((line) => (
          <div
            key={line.id}
            className="flex gap-3 px-3 [contain-intrinsic-size:auto_1.15rem] [content-visibility:auto] hover:bg-muted"
          >
            <time dateTime={line.at} title={line.at} className="shrink-0 text-faint select-none">
              {line.at.slice(11, 19)}
            </time>
            {line.source !== null && (
              <span className="w-28 shrink-0 truncate text-faint select-none" title={line.source}>
                {line.source}
              </span>
            )}
            <span className={cn("min-w-0 wrap-anywhere whitespace-pre-wrap", STREAM[line.stream])}>
              {line.stream === "stderr" && <span className="sr-only">stderr: </span>}
              <PlainText text={stripAnsi(line.text)} />
            </span>
          </div>
        ))}
      </div>
      {!following && (
        <Button
          size="sm"
          variant="primary"
          className="absolute right-4 bottom-3 shadow-lifted"
          onClick={() => setFollowing(true)}
        >
          <ArrowDown aria-hidden />
          {unseen > 0 ? `${unseen} new` : "Follow"}
        </Button>
      )}
    </div>
  );
}
