"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ApprovalDetail } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";

/** What people say about a question. It decides nothing, whatever it says. */
export function Comments({ approval }: { approval: ApprovalDetail }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [text, setText] = useState("");
  const say = useMutation(
    trpc.approvals.comment.mutationOptions({
      onSuccess: (answer) => {
        setText("");
        queryClient.setQueryData(trpc.approvals.get.queryKey({ approvalId: approval.id }), answer);
      },
    }),
  );
  return (
    <Section title="Comments" bodyClassName="flex flex-col gap-3 p-3">
      {approval.comments.length > 0 && (
        <ul className="flex flex-col gap-2.5">
          {approval.comments.map(({ id, by, text: said, at }) => (
            <li key={id} className="text-sm">
              <span className="text-xs text-faint">
                {by} <RelativeTime at={at} />
              </span>
              <p className="break-words whitespace-pre-wrap">
                <PlainText text={said} />
              </p>
            </li>
          ))}
        </ul>
      )}
      <form
        className="flex flex-col gap-1.5"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") say.mutate({ approvalId: approval.id, text: text.trim() });
        }}
      >
        <Label htmlFor="comment">Say something; it decides nothing</Label>
        <Textarea
          id="comment"
          rows={2}
          maxLength={4_000}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <RightButton
          permission="plan.create"
          className="self-end"
          size="sm"
          disabled={say.isPending || text.trim() === ""}
          onClick={() => say.mutate({ approvalId: approval.id, text: text.trim() })}
        >
          Comment
        </RightButton>
      </form>
      <CommandProblem error={say.error} />
    </Section>
  );
}
