"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ApprovalView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Label, Select, Textarea } from "@nofx/ui/primitives/input";
import { Check, Clock, Lock, Pencil, RefreshCw, X } from "lucide-react";
import dynamic from "next/dynamic";
import { useRef, useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { readProblem } from "#trpc/problem.ts";
import { useTRPC } from "#trpc/react.tsx";
import { consequencesOf } from "./consequences.ts";
import { parseArguments } from "./parse-arguments.ts";
import { Quorum } from "./quorum.tsx";

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
      <Quorum approval={approval} />
      {!approval.canDecide && approval.insteadOf.length === 0 ? (
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
        <Buttons approval={approval} argumentsDigest={readDigest} />
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

const ArgumentEditor = dynamic(() =>
  import("./argument-editor.tsx").then((module) => module.ArgumentEditor),
);

function Buttons({
  approval,
  argumentsDigest,
}: {
  approval: ApprovalView;
  argumentsDigest: string;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const approvalId = approval.id;
  const [reason, setReason] = useState("");
  const [reasonMissing, setReasonMissing] = useState(false);
  const [edited, setEdited] = useState<string>();
  const [insteadOf, setInsteadOf] = useState(
    approval.canDecide ? "" : (approval.insteadOf[0]?.userId ?? ""),
  );
  const editable = approval.subject === "plan_step" || approval.argumentsSchema !== null;
  const parsed = edited === undefined ? undefined : parseArguments(edited);
  const field = useRef<HTMLTextAreaElement>(null);
  const decide = useMutation(
    trpc.approvals.decide.mutationOptions({
      onSuccess: (decided) => {
        setEdited(undefined);
        queryClient.setQueryData(trpc.approvals.get.queryKey({ approvalId }), decided);
      },
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
    if (decision === "approve" && parsed !== undefined && !("value" in parsed)) return;
    decide.mutate({
      approvalId,
      argumentsDigest,
      ...(decision === "approve" && parsed !== undefined && "value" in parsed
        ? { decision: "approve_with_changes", arguments: parsed.value }
        : { decision }),
      ...(insteadOf === "" ? {} : { insteadOf }),
      ...(given === "" ? {} : { reason: given }),
    });
  }

  return (
    <>
      {approval.insteadOf.length > 0 && (
        <div className="flex flex-col gap-1">
          <Label htmlFor="instead-of">Vote for</Label>
          <Select
            id="instead-of"
            value={insteadOf}
            onChange={(event) => setInsteadOf(event.target.value)}
          >
            {approval.canDecide && <option value="">Yourself</option>}
            {approval.insteadOf.map(({ userId, name }) => (
              <option key={userId} value={userId}>
                {name}, who delegated it to you
              </option>
            ))}
          </Select>
        </div>
      )}
      {editable &&
        (edited === undefined ? (
          <Button
            size="sm"
            className="self-start"
            onClick={() =>
              setEdited(JSON.stringify(approval.editedArguments ?? approval.arguments, null, 2))
            }
          >
            <Pencil aria-hidden />
            Change the arguments…
          </Button>
        ) : (
          <>
            <ArgumentEditor
              approval={approval}
              text={edited}
              onChange={(text) => {
                setEdited(text);
                decide.reset();
              }}
              error={decide.error}
            />
            <Button size="sm" className="self-start" onClick={() => setEdited(undefined)}>
              Leave it as it is
            </Button>
          </>
        ))}
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
          disabled={decide.isPending || (parsed !== undefined && "problem" in parsed)}
          onClick={() => send("approve")}
        >
          <Check aria-hidden />
          {edited === undefined ? "Approve" : "Approve changed"}
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
      {/* what is wrong with the arguments stands at the editor */}
      {(edited === undefined || (readProblem(decide.error)?.issues ?? []).length === 0) && (
        <CommandProblem error={decide.error} />
      )}
    </>
  );
}
