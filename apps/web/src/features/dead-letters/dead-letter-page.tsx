"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { DeadLetterView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { JsonView, PlainText } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { StatusBadge } from "@nofx/ui/blocks/status-badge";
import { Button } from "@nofx/ui/primitives/button";
import { DEAD_LETTER_REASON, DEAD_LETTER_STAGE } from "@nofx/ui/tokens/status";
import { Eye, Hand, Lightbulb, RotateCw, XCircle } from "lucide-react";
import Link from "next/link";
import { CommandProblem } from "#shell/complain.tsx";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { DeadLetterActions } from "./dead-letter-actions.tsx";
import { DeadLetterHistory } from "./dead-letter-history.tsx";
import { TriageNote } from "./triage-note.tsx";

export function DeadLetterPage({ deadLetterId }: { deadLetterId: string }) {
  const trpc = useTRPC();
  const letter = useQuery(trpc.deadLetters.get.queryOptions({ deadLetterId }));
  return (
    <QueryView
      query={letter}
      what="this dead letter"
      skeleton={<PageSkeleton label="Loading the dead letter" />}
    >
      {(data) => <DeadLetter letter={data} />}
    </QueryView>
  );
}

function DeadLetter({ letter }: { letter: DeadLetterView }) {
  const reason = DEAD_LETTER_REASON[letter.reason];
  const open = letter.status === "new" || letter.status === "triaged";
  return (
    <>
      <PageHeader
        back={<Link href="/dead-letters">Dead letters</Link>}
        title={<PlainText text={letter.title} />}
        badges={<StatusBadge of="dead letter" status={letter.status} />}
        meta={
          <>
            <code className="font-mono">{letter.stepName}</code>
            <span>
              failed for good <RelativeTime at={letter.lastAt} />
            </span>
            <Link
              href={`/runs/${letter.runId}?step=${letter.stepName}`}
              className="text-accent hover:underline"
            >
              Its run
            </Link>
            <IdChip id={letter.id} />
          </>
        }
        actions={<DeadLetterActions letter={letter} />}
      />
      <Callout
        tone={open ? "bad" : "neutral"}
        icon={XCircle}
        title={<PlainText text={letter.error.message} />}
      >
        <code className="font-mono text-xs text-soft">{letter.error.code}</code>
      </Callout>
      {open && (
        <Callout tone="neutral" icon={Lightbulb} title={reason.label}>
          {reason.help}
        </Callout>
      )}
      {letter.redriveRunId !== null && (
        <Callout
          tone={letter.status === "redriving" ? "active" : "neutral"}
          icon={RotateCw}
          title={
            letter.status === "redriving"
              ? "It is being tried again"
              : letter.status === "resolved"
                ? "It succeeded when it was tried again"
                : "It was tried again before"
          }
          actions={
            <Button asChild size="sm">
              <Link href={`/runs/${letter.redriveRunId}`}>Open that run</Link>
            </Button>
          }
        />
      )}
      {letter.pendingApprovalId !== null && (
        <Callout
          tone="wait"
          icon={Hand}
          title="Another person has to decide first"
          actions={
            <Button asChild size="sm" variant="primary">
              <Link href={`/approvals/${letter.pendingApprovalId}`}>Read</Link>
            </Button>
          }
        />
      )}
      <div className="flex flex-col gap-4 lg:flex-row lg:items-start">
        <div className="flex min-w-0 flex-1 flex-col gap-4">
          <DeadLetterHistory letter={letter} />
          <Payload letter={letter} />
        </div>
        <div className="flex w-full flex-col gap-4 lg:sticky lg:top-4 lg:w-96 lg:shrink-0">
          <Section title="Facts" bodyClassName="p-3">
            <KeyValue>
              <Fact name="Reason">{reason.label}</Fact>
              <Fact name="Stage">{DEAD_LETTER_STAGE[letter.stage]}</Fact>
              <Fact name="Tries">
                {letter.failures} failed
                {letter.crashes > 0 && `, ${letter.crashes} lost with their executor`}
              </Fact>
              <Fact name="First failed">
                <RelativeTime at={letter.firstAt} />
              </Fact>
              <Fact name="Kind">{letter.kind}</Fact>
              {letter.workerVersion !== null && (
                <Fact name="Worker version">
                  <code className="font-mono text-xs">{letter.workerVersion}</code>
                </Fact>
              )}
              <Fact name="Plan">
                {letter.planId === null ? (
                  "None: a task"
                ) : (
                  <Link href={`/plans/${letter.planId}`} className="text-accent hover:underline">
                    {letter.pack}
                  </Link>
                )}
              </Fact>
              <Fact name="Correlation">
                <code className="font-mono text-xs break-all text-soft">
                  {letter.correlationId}
                </code>
              </Fact>
            </KeyValue>
          </Section>
          <TriageNote key={letter.version} letter={letter} />
        </div>
      </div>
    </>
  );
}

/** What it was to do. What looks like a secret stays masked until an admin asks, and asking is on the record. */
function Payload({ letter }: { letter: DeadLetterView }) {
  const trpc = useTRPC();
  const reveal = useMutation(trpc.deadLetters.reveal.mutationOptions());
  const shown = reveal.data ?? letter;
  return (
    <div className="flex flex-col gap-2">
      <JsonView value={shown.payload} label="Its arguments" whole />
      {shown.masked.length > 0 && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-faint">
          <span>
            {shown.masked.length} {shown.masked.length === 1 ? "value is" : "values are"} masked.
          </span>
          <RightButton
            permission="settings.write"
            size="sm"
            disabled={reveal.isPending}
            onClick={() => reveal.mutate({ deadLetterId: letter.id })}
          >
            <Eye aria-hidden />
            Reveal (goes into the audit log)
          </RightButton>
        </div>
      )}
      <CommandProblem error={reveal.error} />
    </div>
  );
}
