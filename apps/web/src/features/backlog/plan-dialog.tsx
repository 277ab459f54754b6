"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { Workflow } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { DialogForecast } from "./dialog-forecast.tsx";

/** Makes a plan from a pack, or from chosen items of one, and goes to it. */
export function PlanDialog({
  pack,
  items,
  onClose,
}: {
  pack: string;
  items?: string[];
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const queryClient = useQueryClient();
  const [title, setTitle] = useState("");
  const [open, setOpen] = useState(true);
  const create = useMutation(
    trpc.plans.create.mutationOptions({
      onSuccess: (plan) => {
        queryClient.setQueryData(trpc.plans.get.queryKey({ planId: plan.id }), plan);
        router.push(`/plans/${plan.id}`);
      },
    }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Make a plan"
        description={
          items === undefined
            ? `From ${open ? "what is not done" : "all items"} of ${pack}, in the order their needs allow.`
            : `From ${items.length} chosen ${items.length === 1 ? "item" : "items"} of ${pack}, with everything they need.`
        }
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate({
              pack,
              ...(items === undefined ? { open } : { items }),
              ...(title.trim() === "" ? {} : { title: title.trim() }),
            });
          }}
        >
          <DialogBody className="flex flex-col gap-3">
            <div className="flex flex-col gap-1">
              <Label htmlFor="plan-title">Title (optional)</Label>
              <Input
                id="plan-title"
                value={title}
                maxLength={500}
                placeholder={pack}
                onChange={(event) => setTitle(event.target.value)}
              />
            </div>
            {items === undefined && (
              <Label className="flex items-start gap-2 font-normal">
                <input
                  type="checkbox"
                  className="mt-0.5 accent-accent"
                  checked={!open}
                  onChange={(event) => setOpen(!event.target.checked)}
                />
                <span>Also what is done: a run does it again</span>
              </Label>
            )}
            <DialogForecast pack={pack} items={items} open={items === undefined && open} />
            <p className="text-sm text-soft">
              The gates judge it at once. Nothing runs before you execute it, and sensitive steps
              ask for approval first.
            </p>
            <CommandProblem error={create.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={create.isPending || create.isSuccess}>
              <Workflow aria-hidden />
              {create.isPending || create.isSuccess ? "Planning…" : "Make the plan"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
