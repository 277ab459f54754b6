"use client";

import { useMutation } from "@tanstack/react-query";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Lock, RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { useMemo, useState } from "react";
import { CheckOption } from "#shell/check-option.tsx";
import { CommandProblem } from "#shell/complain.tsx";
import { JsonField, useJsonField } from "#shell/json-field.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { firstSteps, forkOutlook } from "./fork-outlook.ts";
import type { RunView, StepView } from "./types.ts";
import { useRunRefresh } from "./use-run-refresh.ts";

/** Tries a run again, whole or from one step on, and says beforehand what will and what will not run again. */
export function RerunDialog({
  run,
  step,
  onClose,
}: {
  run: RunView;
  step?: StepView | undefined;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const refresh = useRunRefresh();
  const done = {
    onSuccess: ({ runId }: { runId: string }) => router.push(`/runs/${runId}`),
    onSettled: refresh,
  };
  const fork = useMutation(trpc.runs.fork.mutationOptions(done));
  const rerun = useMutation(trpc.runs.rerun.mutationOptions(done));
  const busy = fork.isPending || rerun.isPending || fork.isSuccess || rerun.isSuccess;

  const [keepCheckpoints, setKeepCheckpoints] = useState(false);
  const edit = useJsonField(step?.with);
  const { again, kept } = useMemo(
    () =>
      forkOutlook(
        run.stepList,
        run.compensations,
        step === undefined ? firstSteps(run.stepList) : [step.name],
      ),
    [run, step],
  );
  const isWhole = run.stepList.length >= run.steps;

  function send() {
    if (step === undefined) {
      rerun.mutate({ runId: run.id });
      return;
    }
    const edited = edit.read();
    if (edited === "wrong") return;
    fork.mutate({
      runId: run.id,
      from: [step.name],
      keepCheckpoints,
      ...(edited === undefined ? {} : { edits: { [step.name]: edited } }),
    });
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={
          step === undefined ? "Run it again from the start" : `Run it again from ${step.name}`
        }
        description={`In a new run of the same ${run.planId === null ? "task" : "plan version, in the same workspace"}. This one stays as it is.`}
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            {isWhole && (
              <dl className="grid gap-2 sm:grid-cols-2">
                <Names title="Runs again" steps={again} none="nothing" />
                <Names title="Taken over as it is" steps={kept} none="nothing" />
              </dl>
            )}
            {step !== undefined && (
              <>
                <CheckOption
                  checked={keepCheckpoints}
                  onChange={setKeepCheckpoints}
                  title="Go on from checkpoints"
                  hint="Steps that had not succeeded continue where they were."
                />
                <JsonField
                  field={edit}
                  label={`Arguments of ${step.name}`}
                  changedHint="You change what will run: another person has to approve it first."
                />
              </>
            )}
            <CommandProblem error={fork.error ?? rerun.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={busy}>
              <RotateCw aria-hidden />
              {busy ? "Starting…" : "Run again"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

const SHOWN = 8;

function Names({
  title,
  steps,
  none,
}: {
  title: string;
  steps: readonly Pick<StepView, "name" | "sensitive">[];
  none: string;
}) {
  return (
    <div className="rounded-md border border-line px-3 py-2">
      <dt className="text-xs font-medium text-soft">
        {title}
        {steps.length > 0 && ` (${steps.length})`}
      </dt>
      <dd className="mt-1 text-xs">
        {steps.length === 0 ? (
          <span className="text-faint">{none}</span>
        ) : (
          <ul className="flex flex-wrap gap-x-2.5 gap-y-0.5 font-mono">
            {steps.slice(0, SHOWN).map((step) => (
              <li key={step.name} className="flex items-center gap-1 wrap-anywhere">
                {step.name}
                {step.sensitive && (
                  <Lock aria-label="asks for approval" className="size-3 text-wait" />
                )}
              </li>
            ))}
            {steps.length > SHOWN && (
              <li className="text-faint">and {steps.length - SHOWN} more</li>
            )}
          </ul>
        )}
      </dd>
    </div>
  );
}
