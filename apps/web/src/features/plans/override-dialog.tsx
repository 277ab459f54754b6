"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { PlanView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Label, Select, Textarea } from "@nofx/ui/primitives/input";
import { ShieldAlert } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";

const HOURS = [
  [1, "one hour"],
  [8, "eight hours"],
  [24, "a day"],
  [72, "three days"],
  [168, "a week"],
] as const;

/** Answers for going on although a gate warns or blocks. */
export function OverrideDialog({ plan, onClose }: { plan: PlanView; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const found = plan.evaluations
    .flatMap((one) => one.findings)
    .filter((finding) => finding.verdict !== "allow");
  const rules = [...new Set(found.map((finding) => finding.rule))];
  const steps = [...new Set(found.flatMap((finding) => finding.step ?? []))];
  const [about, setAbout] = useState(rules.length === 1 ? `rule:${rules[0]}` : "plan");
  const [reason, setReason] = useState("");
  const [hours, setHours] = useState(24);
  const override = useMutation(
    trpc.gates.override.mutationOptions({
      onSuccess: onClose,
      onSettled: () =>
        Promise.all([
          queryClient.invalidateQueries(trpc.plans.pathFilter()),
          queryClient.invalidateQueries(trpc.gates.pathFilter()),
          queryClient.invalidateQueries(trpc.approvals.pathFilter()),
        ]),
    }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Override the verdict"
        description="You answer for going on. Everybody who sees the verdict sees this too. It ends when it expires, is revoked, or the plan or a rule changes."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            const [scope, ...name] = about.split(":");
            override.mutate({
              planId: plan.id,
              scope: scope as "plan" | "rule" | "step",
              reason: reason.trim(),
              expiresInHours: hours,
              ...(scope === "rule" && { rule: name.join(":") }),
              ...(scope === "step" && { step: name.join(":") }),
            });
          }}
        >
          <DialogBody className="flex flex-col gap-3">
            <div className="flex flex-col gap-1">
              <Label htmlFor="override-about">What</Label>
              <Select
                id="override-about"
                value={about}
                onChange={(event) => setAbout(event.target.value)}
              >
                <option value="plan">Everything that was found in this plan</option>
                {rules.map((rule) => (
                  <option key={rule} value={`rule:${rule}`}>
                    What the rule {rule} found
                  </option>
                ))}
                {steps.map((step) => (
                  <option key={step} value={`step:${step}`}>
                    What was found about {step}
                  </option>
                ))}
              </Select>
            </div>
            <div className="flex flex-col gap-1">
              <Label htmlFor="override-reason">Reason</Label>
              <Textarea
                id="override-reason"
                required
                minLength={10}
                maxLength={1_000}
                className="h-20"
                placeholder="Why it may go on all the same"
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            </div>
            <div className="flex flex-col gap-1">
              <Label htmlFor="override-hours">It counts for</Label>
              <Select
                id="override-hours"
                value={hours}
                onChange={(event) => setHours(Number(event.target.value))}
              >
                {HOURS.map(([value, words]) => (
                  <option key={value} value={value}>
                    {words}
                  </option>
                ))}
              </Select>
            </div>
            <CommandProblem error={override.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="danger" disabled={override.isPending}>
              <ShieldAlert aria-hidden />
              Override
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
