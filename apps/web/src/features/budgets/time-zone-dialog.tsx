"use client";

import { useMutation } from "@tanstack/react-query";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useBudgetRefresh } from "./use-budget-refresh.ts";

/** By whose clock days and months begin. */
export function TimeZoneDialog({ timeZone, onClose }: { timeZone: string; onClose: () => void }) {
  const trpc = useTRPC();
  const refresh = useBudgetRefresh();
  const [zone, setZone] = useState(timeZone);
  const save = useMutation(
    trpc.budgets.setTimeZone.mutationOptions({ onSettled: refresh, onSuccess: onClose }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="When days begin"
        description="Days and months of budgets begin by this clock. Windows that have begun end as they would have."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate({ timeZone: zone.trim() });
          }}
        >
          <DialogBody className="flex flex-col gap-1">
            <Label htmlFor="budget-zone">Time zone</Label>
            <Input
              id="budget-zone"
              required
              list="budget-zones"
              spellCheck={false}
              maxLength={64}
              value={zone}
              onChange={(event) => setZone(event.target.value)}
            />
            <datalist id="budget-zones">
              {["UTC", ...Intl.supportedValuesOf("timeZone")].map((one) => (
                <option key={one}>{one}</option>
              ))}
            </datalist>
            <CommandProblem error={save.error} className="mt-3" />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={save.isPending}>
              Save
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
