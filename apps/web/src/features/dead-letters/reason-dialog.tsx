"use client";

import { useMutation } from "@tanstack/react-query";
import type { DeadLetterView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { CheckCheck, HandCoins, type LucideIcon, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useDeadLetterRefresh } from "./use-dead-letter-refresh.ts";

type Action = "discard" | "resolve" | "acceptLoss";

const WORDS: Record<
  Action,
  {
    title: string;
    description: string;
    field: string;
    missing: string;
    button: string;
    icon: LucideIcon;
    danger: boolean;
  }
> = {
  discard: {
    title: "Discard it",
    description: "It is never tried again. The run stays as it ended; the record is kept.",
    field: "Reason",
    missing: "Say why it may be let go: whoever finds it later will ask.",
    button: "Discard",
    icon: Trash2,
    danger: true,
  },
  resolve: {
    title: "Mark the undo as done",
    description: "For an effect that was taken back by other means.",
    field: "How one can see that",
    missing: "Say how one can see that it is undone: a ticket, a receipt, a link.",
    button: "Mark as done",
    icon: CheckCheck,
    danger: false,
  },
  acceptLoss: {
    title: "Accept the loss",
    description: "The effect stays in the world. A second person has to agree before it counts.",
    field: "Reason",
    missing: "Say why it may stay: the second person decides by it.",
    button: "Ask a second person",
    icon: HandCoins,
    danger: true,
  },
};

/** Ends a dead letter without trying again; never without a word. */
export function ReasonDialog({
  action,
  letter,
  onClose,
}: {
  action: Action;
  letter: DeadLetterView;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const refresh = useDeadLetterRefresh();
  const done = { onSuccess: onClose, onSettled: refresh };
  const discard = useMutation(trpc.deadLetters.discard.mutationOptions(done));
  const resolve = useMutation(trpc.deadLetters.resolve.mutationOptions(done));
  const acceptLoss = useMutation(trpc.deadLetters.acceptLoss.mutationOptions(done));
  const [text, setText] = useState("");
  const [isMissing, setIsMissing] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const words = WORDS[action];
  const Icon = words.icon;
  const busy = discard.isPending || resolve.isPending || acceptLoss.isPending;

  function send() {
    const given = text.trim();
    if (given === "") {
      setIsMissing(true);
      field.current?.focus();
      return;
    }
    const which = { deadLetterId: letter.id, version: letter.version };
    if (action === "resolve") resolve.mutate({ ...which, evidence: given });
    else if (action === "discard") discard.mutate({ ...which, reason: given });
    else acceptLoss.mutate({ ...which, reason: given });
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent title={words.title} description={words.description}>
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <DialogBody className="flex flex-col gap-1">
            <Label htmlFor="why">{words.field}</Label>
            <Textarea
              ref={field}
              id="why"
              rows={3}
              maxLength={2_000}
              value={text}
              aria-invalid={isMissing}
              aria-describedby={isMissing ? "why-missing" : undefined}
              onChange={(event) => {
                setText(event.target.value);
                setIsMissing(false);
              }}
            />
            {isMissing && (
              <p id="why-missing" role="alert" className="text-xs text-bad">
                {words.missing}
              </p>
            )}
            <CommandProblem
              error={discard.error ?? resolve.error ?? acceptLoss.error}
              className="mt-2"
            />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant={words.danger ? "danger" : "primary"} disabled={busy}>
              <Icon aria-hidden />
              {words.button}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
