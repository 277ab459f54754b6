"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { DispatchSettings } from "@nofx/core/dispatch";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";

export function DispatchSettingsDialog({
  settings,
  onClose,
}: {
  settings: DispatchSettings;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [holdOut, setHoldOut] = useState(String(Math.round(settings.holdOut * 100)));
  const [success, setSuccess] = useState(String(settings.successUsd));
  const [hour, setHour] = useState(String(settings.hourUsd));
  const [prefer, setPrefer] = useState(String(settings.preferSeconds));
  const set = useMutation(
    trpc.dispatch.setSettings.mutationOptions({
      onSuccess: onClose,
      onSettled: () => queryClient.invalidateQueries(trpc.dispatch.pathFilter()),
    }),
  );
  const fields = [
    ["hold-out", "Held out, chosen at random (%)", holdOut, setHoldOut, { min: 0, max: 50 }],
    ["success", "A success is worth (US dollars)", success, setSuccess, { min: 0.01, step: "any" }],
    ["hour", "An hour of waiting costs (US dollars)", hour, setHour, { min: 0, step: "any" }],
    [
      "prefer",
      "A step is left to the agent it is meant for (seconds)",
      prefer,
      setPrefer,
      { min: 0, max: 600, step: "any" },
    ],
  ] as const;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="How strategies are chosen"
        description="Without a hold-out nobody can tell whether choosing is better than chance."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            set.mutate({
              holdOut: Number(holdOut) / 100,
              successUsd: Number(success),
              hourUsd: Number(hour),
              preferSeconds: Number(prefer),
            });
          }}
        >
          <DialogBody className="flex flex-col gap-3">
            {fields.map(([id, label, value, change, limits]) => (
              <div key={id} className="flex flex-col gap-1">
                <Label htmlFor={`dispatch-${id}`}>{label}</Label>
                <Input
                  id={`dispatch-${id}`}
                  type="number"
                  required
                  {...limits}
                  value={value}
                  onChange={(event) => change(event.target.value)}
                />
              </div>
            ))}
            <CommandProblem error={set.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={set.isPending}>
              Save
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
