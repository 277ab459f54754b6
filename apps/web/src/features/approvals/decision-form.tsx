"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ApprovalView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { Check, Clock, Lock, RefreshCw, X } from "lucide-react";
import { useRef, useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { consequencesOf } from "./consequences.ts";

/** Yes or no, with what follows from each. The digest of what was shown goes along with the decision. */
export function DecisionForm({ approval }: { approval: ApprovalView }) {
  const [readDigest, setReadDigest] = useState(approval.argumentsDigest);
  const changed = readDigest !== approval.argumentsDigest;
  const follows = consequencesOf(approval);
  return (
    <Section title="Decide" bodyClassName="flex flex-col gap-3 p-3">
      <ul className="flex flex-col gap-1.5 text-sm">
        <Consequence icon={Check} tint="text-good" name="If you approve" text={follows.yes} />
        <Consequence icon={X} tint="text-bad" name="If you reject" text={follows.no} />
        <Consequence
          icon={Clock}
          tint="text-wait"
          name="If nobody answers"
          text={follows.silence}
        />
      </ul>
      {!approval.canDecide ? (
        <Callout tone="wait" icon={Lock} title="You cannot decide this">
          {approval.cannotDecideBecause}
        </Callout>
      ) : changed ? (
        <Callout
          tone="warn"
          icon={RefreshCw}
          title="What would run has changed while you were reading"
        >
          <p>Read it again. Your decision is for what stands there now.</p>
          <Button
            size="sm"
            className="mt-2"
            onClick={() => setReadDigest(approval.argumentsDigest)}
          >
            I have read it again
          </Button>
        </Callout>
      ) : (
        <Buttons approvalId={approval.id} argumentsDigest={readDigest} />
      )}
    </Section>
  );
}

function Consequence({
  icon: Icon,
  tint,
  name,
  text,
}: {
  icon: typeof Check;
  tint: string;
  name: string;
  text: string;
}) {
  return (
    <li className="flex gap-2">
      <Icon aria-hidden className={`mt-0.5 size-3.5 shrink-0 ${tint}`} />
      <span>
        <span className="block text-xs text-faint">{name}</span>
        {text}
      </span>
    </li>
  );
}

function Buttons({ approvalId, argumentsDigest }: { approvalId: string; argumentsDigest: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [reason, setReason] = useState("");
  const [reasonMissing, setReasonMissing] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const decide = useMutation(
    trpc.approvals.decide.mutationOptions({
      onSuccess: (decided) =>
        queryClient.setQueryData(trpc.approvals.get.queryKey({ approvalId }), decided),
      onSettled: () =>
        Promise.all([
          queryClient.invalidateQueries(trpc.approvals.pathFilter()),
          queryClient.invalidateQueries(trpc.plans.pathFilter()),
          queryClient.invalidateQueries(trpc.runs.pathFilter()),
        ]),
    }),
  );

  function send(decision: "approve" | "reject") {
    const given = reason.trim();
    if (decision === "reject" && given === "") {
      setReasonMissing(true);
      field.current?.focus();
      return;
    }
    decide.mutate({
      approvalId,
      decision,
      argumentsDigest,
      ...(given === "" ? {} : { reason: given }),
    });
  }

  return (
    <>
      <div className="flex flex-col gap-1">
        <Label htmlFor="reason">Reason (needed to reject)</Label>
        <Textarea
          ref={field}
          id="reason"
          rows={3}
          maxLength={2_000}
          value={reason}
          aria-invalid={reasonMissing}
          aria-describedby={reasonMissing ? "reason-missing" : undefined}
          onChange={(event) => {
            setReason(event.target.value);
            setReasonMissing(false);
          }}
        />
        {reasonMissing && (
          <p id="reason-missing" role="alert" className="text-xs text-bad">
            Say why you reject: whoever asked will read it.
          </p>
        )}
      </div>
      <div className="flex gap-2">
        <Button
          variant="primary"
          size="lg"
          className="flex-1"
          disabled={decide.isPending}
          onClick={() => send("approve")}
        >
          <Check aria-hidden />
          Approve
        </Button>
        <Button
          variant="dangerOutline"
          size="lg"
          className="flex-1"
          disabled={decide.isPending}
          onClick={() => send("reject")}
        >
          <X aria-hidden />
          Reject
        </Button>
      </div>
      <CommandProblem error={decide.error} />
    </>
  );
}
