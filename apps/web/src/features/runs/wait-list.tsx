"use client";

import { useMutation } from "@tanstack/react-query";
import type { WaitView } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { useNow } from "@nofx/ui/hooks/use-now";
import { Button } from "@nofx/ui/primitives/button";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { HOLD } from "@nofx/ui/tokens/status";
import { Send } from "lucide-react";
import Link from "next/link";
import { useId, useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { sayWait } from "./say-wait.ts";
import { useRunRefresh } from "./use-run-refresh.ts";

/** What a step waits for; of several the first counts. A question to people is answered here. */
export function WaitList({ waits }: { waits: readonly WaitView[] }) {
  const now = useNow(1_000);
  if (waits.length === 0 || now === null) return null;
  return (
    <div className="flex flex-col gap-1.5">
      <h3 className="text-xs font-medium text-faint">
        {waits.length === 1 ? "Waits" : "Waits for the first of these"}
      </h3>
      <ul className="divide-y divide-line rounded-md border border-line">
        {waits.map((wait) => {
          const Icon = HOLD[wait.kind].icon;
          return (
            <li key={wait.id} className="flex flex-col gap-2 px-2.5 py-2 text-sm">
              <span className="flex gap-2">
                <Icon aria-hidden className="mt-0.5 size-3.5 shrink-0 text-wait" />
                <span className="min-w-0 wrap-anywhere">
                  <PlainText text={sayWait(wait, now)} />
                  {waits.length > 1 && (
                    <code className="ml-2 font-mono text-xs text-faint">{wait.option}</code>
                  )}
                  {wait.approvalId !== null && (
                    <Link
                      href={`/approvals/${wait.approvalId}`}
                      className="ml-2 text-accent hover:underline"
                    >
                      Read it
                    </Link>
                  )}
                </span>
              </span>
              {wait.question !== null && <Question wait={wait} question={wait.question} />}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Question({
  wait,
  question,
}: {
  wait: WaitView;
  question: NonNullable<WaitView["question"]>;
}) {
  const trpc = useTRPC();
  const refresh = useRunRefresh();
  const id = useId();
  const [text, setText] = useState("");
  const answer = useMutation(trpc.waits.answer.mutationOptions({ onSettled: refresh }));
  const send = (given: string) => answer.mutate({ waitId: wait.id, answer: given });
  const busy = answer.isPending || answer.isSuccess;
  return (
    <div className="flex flex-col gap-2 rounded-md bg-muted/60 p-2.5">
      {question.title !== undefined && (
        <p className="font-medium">
          <PlainText text={question.title} />
        </p>
      )}
      <p className="whitespace-pre-wrap wrap-anywhere">
        <PlainText text={question.question} />
      </p>
      {!wait.canAnswer ? (
        <p className="text-xs text-faint">Your role may not answer; an operator can.</p>
      ) : question.choices === undefined ? (
        <form
          className="flex flex-col gap-1.5"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== "") send(text.trim());
          }}
        >
          <Label htmlFor={id}>Your answer</Label>
          <Textarea
            id={id}
            rows={2}
            required
            maxLength={10_000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Button
            type="submit"
            size="sm"
            variant="primary"
            className="self-start"
            disabled={busy || text.trim() === ""}
          >
            <Send aria-hidden />
            {busy ? "Sending…" : "Answer"}
          </Button>
        </form>
      ) : (
        <div role="group" aria-label="Answers" className="flex flex-wrap gap-2">
          {question.choices.map((choice) => (
            <Button
              key={choice}
              size="sm"
              disabled={busy}
              onClick={() => send(choice)}
              className="h-auto min-h-7 py-1 text-left whitespace-normal"
            >
              <PlainText text={choice} />
            </Button>
          ))}
        </div>
      )}
      <CommandProblem error={answer.error} />
    </div>
  );
}
