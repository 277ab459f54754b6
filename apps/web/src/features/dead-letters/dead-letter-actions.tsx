"use client";

import type { DeadLetterView } from "@nofx/core/api";
import { CheckCheck, HandCoins, RotateCw, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { RightButton } from "#shell/right-button.tsx";

const RedriveDialog = dynamic(() =>
  import("./redrive-dialog.tsx").then((module) => module.RedriveDialog),
);
const ReasonDialog = dynamic(() =>
  import("./reason-dialog.tsx").then((module) => module.ReasonDialog),
);

type Action = DeadLetterView["actions"][number];

/** What may be done about a dead letter now. */
export function DeadLetterActions({ letter }: { letter: DeadLetterView }) {
  const [open, setOpen] = useState<Action>();
  const may = (action: Action) => letter.actions.includes(action);
  const close = () => setOpen(undefined);
  return (
    <>
      {may("discard") && (
        <RightButton permission="run.control" onClick={() => setOpen("discard")}>
          <Trash2 aria-hidden />
          Discard…
        </RightButton>
      )}
      {may("acceptLoss") && (
        <RightButton permission="run.control" onClick={() => setOpen("acceptLoss")}>
          <HandCoins aria-hidden />
          Accept the loss…
        </RightButton>
      )}
      {may("resolve") && (
        <RightButton permission="run.control" onClick={() => setOpen("resolve")}>
          <CheckCheck aria-hidden />
          Mark as done…
        </RightButton>
      )}
      {may("redrive") && (
        <RightButton permission="run.control" variant="primary" onClick={() => setOpen("redrive")}>
          <RotateCw aria-hidden />
          Redrive…
        </RightButton>
      )}
      {open === "redrive" && <RedriveDialog letter={letter} onClose={close} />}
      {(open === "discard" || open === "resolve" || open === "acceptLoss") && (
        <ReasonDialog action={open} letter={letter} onClose={close} />
      )}
    </>
  );
}
