"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ApprovalView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Input, Label } from "@nofx/ui/primitives/input";
import { Check, X } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";

/** The same decision on all that are selected, each by the digest of what this list shows. */
export function BatchBar({
  selected,
  onDone,
}: {
  selected: readonly ApprovalView[];
  onDone: () => void;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const decide = useMutation(
    trpc.approvals.decideMany.mutationOptions({
      onSuccess: onDone,
      onSettled: () =>
        Promise.all([
          queryClient.invalidateQueries(trpc.approvals.pathFilter()),
          queryClient.invalidateQueries(trpc.runs.pathFilter()),
          queryClient.invalidateQueries(trpc.plans.pathFilter()),
        ]),
    }),
  );
  const refused = decide.data?.results.filter(({ code }) => code !== null) ?? [];

  function send(decision: "approve" | "reject") {
    const given = reason.trim();
    setMissing(decision === "reject" && given === "");
    if (decision === "reject" && given === "") return;
    decide.mutate({
      approvals: selected.map(({ id, argumentsDigest }) => ({ approvalId: id, argumentsDigest })),
      decision,
      ...(given === "" ? {} : { reason: given }),
    });
  }

  return (
    <div className="sticky bottom-0 z-10 flex flex-col gap-2 border-t border-line bg-raised px-3 py-2">
      <div className="flex flex-wrap items-end gap-2">
        <p className="mr-auto text-sm" role="status">
          {selected.length === 0
            ? "Select what you have read to decide it together; 60 an hour at most."
            : `${selected.length} selected`}
          {decide.data !== undefined && (
            <span className="ml-2 text-xs text-faint">
              {decide.data.left} of {decide.data.limit} left this hour
            </span>
          )}
        </p>
        <div className="flex min-w-48 flex-1 flex-col gap-0.5">
          <Label htmlFor="batch-reason">Reason (needed to reject)</Label>
          <Input
            id="batch-reason"
            maxLength={2_000}
            value={reason}
            aria-invalid={missing}
            onChange={(event) => {
              setReason(event.target.value);
              setMissing(false);
            }}
          />
        </div>
        <Button
          variant="primary"
          disabled={selected.length === 0 || decide.isPending}
          onClick={() => send("approve")}
        >
          <Check aria-hidden />
          Approve all
        </Button>
        <Button
          variant="dangerOutline"
          disabled={selected.length === 0 || decide.isPending}
          onClick={() => send("reject")}
        >
          <X aria-hidden />
          Reject all
        </Button>
      </div>
      {missing && (
        <p role="alert" className="text-xs text-bad">
          Say why you reject: whoever asked will read it.
        </p>
      )}
      {refused.length > 0 && (
        <p role="alert" className="text-xs text-warn">
          {refused.length} were not decided: {refused[0]?.detail}
        </p>
      )}
      <CommandProblem error={decide.error} />
    </div>
  );
}
