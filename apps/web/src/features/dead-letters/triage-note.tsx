"use client";

import { useMutation } from "@tanstack/react-query";
import type { DeadLetterView } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Section } from "@nofx/ui/blocks/page-header";
import { Textarea } from "@nofx/ui/primitives/input";
import { NotebookPen } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useDeadLetterRefresh } from "./use-dead-letter-refresh.ts";

/** What somebody found out. Writing it down takes it off the count of new ones. */
export function TriageNote({ letter }: { letter: DeadLetterView }) {
  const trpc = useTRPC();
  const refresh = useDeadLetterRefresh();
  const [note, setNote] = useState(letter.note ?? "");
  const triage = useMutation(trpc.deadLetters.triage.mutationOptions({ onSettled: refresh }));
  if (!letter.actions.includes("triage")) {
    return (
      letter.note !== null && (
        <Section title="Note" bodyClassName="p-3">
          <Written letter={letter} />
        </Section>
      )
    );
  }
  return (
    <Section title="Note" bodyClassName="flex flex-col gap-2 p-3">
      {letter.triagedBy !== null && (
        <p className="text-xs text-faint">Looked at by {letter.triagedBy}</p>
      )}
      <Textarea
        aria-label="Note"
        rows={3}
        maxLength={4_000}
        placeholder="What is wrong, who is on it"
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <CommandProblem error={triage.error} />
      <RightButton
        permission="run.control"
        size="sm"
        className="self-start"
        disabled={triage.isPending || (letter.status === "triaged" && note === (letter.note ?? ""))}
        onClick={() =>
          triage.mutate({ deadLetterId: letter.id, note: note.trim(), version: letter.version })
        }
      >
        <NotebookPen aria-hidden />
        {triage.isPending
          ? "Saving…"
          : letter.status === "triaged"
            ? "Save the note"
            : "Mark as looked at"}
      </RightButton>
    </Section>
  );
}

function Written({ letter }: { letter: DeadLetterView }) {
  return (
    <>
      <p className="text-sm whitespace-pre-wrap wrap-anywhere">
        <PlainText text={letter.note ?? ""} />
      </p>
      {letter.triagedBy !== null && (
        <p className="mt-1 text-xs text-faint">by {letter.triagedBy}</p>
      )}
    </>
  );
}
