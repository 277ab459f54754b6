"use client";

import { useMutation } from "@tanstack/react-query";
import type { BudgetView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useBudgetRefresh } from "./use-budget-refresh.ts";

export function RemoveBudgetDialog({
  budget,
  onClose,
}: {
  budget: Pick<BudgetView, "id" | "name">;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const refresh = useBudgetRefresh();
  const remove = useMutation(
    trpc.budgets.remove.mutationOptions({
      onSuccess: () => {
        router.push("/budgets");
        void refresh();
      },
    }),
  );
  const busy = remove.isPending || remove.isSuccess;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Remove this budget"
        description="It binds nothing any more. What it counted stays in the books."
      >
        <DialogBody>
          <span className="font-medium break-all">{budget.name}</span>
          <CommandProblem error={remove.error} className="mt-3" />
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            variant="danger"
            disabled={busy}
            onClick={() => remove.mutate({ budgetId: budget.id })}
          >
            <Trash2 aria-hidden />
            {busy ? "Removing…" : "Remove"}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}
