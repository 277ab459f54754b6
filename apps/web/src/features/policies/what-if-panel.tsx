"use client";

import { useMutation } from "@tanstack/react-query";
import { Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { FlaskConical } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { parseObject } from "#shell/parse-object.ts";
import { useTRPC } from "#trpc/react.tsx";
import { DecisionView } from "./decision-view.tsx";

const EXAMPLE = `{
  "model": "auto",
  "messages": [{ "role": "user", "content": "Hello" }],
  "max_tokens": 500
}`;

/** Paste a request, see which model would answer it and why. `draft`: by that policy, saved or not. */
export function WhatIfPanel({ draft }: { draft?: { document: Record<string, unknown> } }) {
  const trpc = useTRPC();
  const [text, setText] = useState(EXAMPLE);
  const ask = useMutation(trpc.routing.whatIf.mutationOptions());
  const parsed = parseObject(text);
  return (
    <Section title="What if" bodyClassName="flex flex-col gap-3 p-3">
      <form
        className="flex flex-col gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if ("problem" in parsed) return;
          ask.mutate({
            request: parsed.value,
            ...(draft !== undefined && { draft: draft.document }),
          });
        }}
      >
        <Label htmlFor="what-if-request">
          A request, as it would be sent to /v1/chat/completions, or what it needs
        </Label>
        <Textarea
          id="what-if-request"
          rows={6}
          spellCheck={false}
          className="font-mono text-xs"
          aria-invalid={"problem" in parsed}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" disabled={ask.isPending || "problem" in parsed}>
            <FlaskConical aria-hidden />
            {draft === undefined ? "What would happen" : "Try this policy"}
          </Button>
          <span role="status" className="text-xs text-soft">
            {"problem" in parsed ? parsed.problem : "Nobody is asked and nothing is stored."}
          </span>
        </div>
      </form>
      <CommandProblem error={ask.error} />
      {ask.data !== undefined && <DecisionView result={ask.data} />}
    </Section>
  );
}
