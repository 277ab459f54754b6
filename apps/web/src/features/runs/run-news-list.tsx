"use client";

import { Callout } from "@nofx/ui/blocks/callout";
import { Button } from "@nofx/ui/primitives/button";
import {
  Ban,
  CheckCheck,
  CirclePause,
  Inbox,
  type LucideIcon,
  OctagonX,
  Undo2,
} from "lucide-react";
import Link from "next/link";
import { type News, newsOf } from "./run-news.ts";
import type { RunView } from "./types.ts";

const ICON: Record<News["kind"], LucideIcon> = {
  paused: CirclePause,
  cancelling: Ban,
  undoing: Undo2,
  "undo failed": OctagonX,
  undone: CheckCheck,
  "dead letters": Inbox,
};

/** Paused, being cancelled, being undone, or left with effects that could not be: each said once, above the steps. */
export function RunNewsList({ run }: { run: RunView }) {
  return newsOf(run).map((news) => (
    <Callout
      key={news.kind}
      tone={news.tone}
      icon={ICON[news.kind]}
      title={news.title}
      actions={
        (news.kind === "undo failed" || news.kind === "dead letters") && (
          <Button asChild size="sm">
            <Link href={`/dead-letters?run=${run.id}`}>Dead letters</Link>
          </Button>
        )
      }
    >
      {news.text}
    </Callout>
  ));
}
