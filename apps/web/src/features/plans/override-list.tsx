"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { OverrideView, PlanView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Button } from "@nofx/ui/primitives/button";
import { Hand, ShieldAlert } from "lucide-react";
import Link from "next/link";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";

/** The overrides that count, and those that wait for a second person. */
export function OverrideList({ plan }: { plan: PlanView }) {
  return plan.overrides.map((one) => <Override key={one.id} override={one} />);
}

function Override({ override: one }: { override: OverrideView }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const revoke = useMutation(
    trpc.gates.revokeOverride.mutationOptions({
      onSettled: () =>
        Promise.all([
          queryClient.invalidateQueries(trpc.plans.pathFilter()),
          queryClient.invalidateQueries(trpc.gates.pathFilter()),
        ]),
    }),
  );
  const about = [one.rule, one.step].filter((part) => part !== null).join(", ") || "the plan";
  const pending = one.status === "pending";
  return (
    <Callout
      tone={pending ? "wait" : "warn"}
      icon={pending ? Hand : ShieldAlert}
      title={
        pending
          ? `An override of ${about} waits for a second person`
          : `Overridden by ${one.requestedBy}${one.decidedBy === null ? "" : ` and ${one.decidedBy}`}: ${about}`
      }
      actions={
        <span className="flex gap-2">
          {pending && one.approvalId !== null && (
            <Button asChild size="sm" variant="primary">
              <Link href={`/approvals/${one.approvalId}`}>Decide</Link>
            </Button>
          )}
          <RightButton
            permission="gate.override"
            size="sm"
            disabled={revoke.isPending}
            onClick={() =>
              revoke.mutate({ overrideId: one.id, reason: "Taken back on the plan's page." })
            }
          >
            Revoke
          </RightButton>
        </span>
      }
    >
      <p>{one.reason}</p>
      <p className="text-xs text-soft">
        ends <RelativeTime at={one.expiresAt} />
      </p>
      <CommandProblem error={revoke.error} className="mt-2" />
    </Callout>
  );
}
