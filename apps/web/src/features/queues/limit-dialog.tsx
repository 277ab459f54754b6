"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { RuleView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { Gauge } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";

const FIELDS = {
  running: "Running at once, at most",
  queued: "Queued, at most",
  count: "Begin, at most",
  seconds: "in so many seconds",
  burst: "and so many at once",
} as const;
type Field = keyof typeof FIELDS;

/** Sets the limits of a queue, or of the tenant; an empty field is no limit. */
export function LimitDialog({
  queue,
  rules,
  onClose,
}: {
  queue: string | undefined;
  rules: readonly RuleView[];
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [name, setName] = useState(queue ?? "");
  const [texts, setTexts] = useState(() => textsOf(rules, queue));
  const limit = useMutation(
    trpc.queues.limit.mutationOptions({
      onSuccess: onClose,
      onSettled: () => queryClient.invalidateQueries(trpc.queues.pathFilter()),
    }),
  );
  const number = (field: Field) => (texts[field] === "" ? null : Number(texts[field]));
  const field = (name: Field, required = false) => (
    <div className="flex flex-col gap-1">
      <Label htmlFor={`limit-${name}`}>{FIELDS[name]}</Label>
      <Input
        id={`limit-${name}`}
        type="number"
        min={1}
        required={required}
        placeholder={required ? "" : "no limit"}
        value={texts[name]}
        onChange={(event) => setTexts({ ...texts, [name]: event.target.value })}
      />
    </div>
  );

  function send() {
    const [count, perSeconds, burst] = [number("count"), number("seconds"), number("burst")];
    limit.mutate({
      ...(name.trim() === "" ? {} : { queue: name.trim() }),
      maxRunning: number("running"),
      maxQueued: number("queued"),
      rate:
        count === null
          ? null
          : { count, perSeconds: perSeconds ?? 1, ...(burst === null ? {} : { burst }) },
    });
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={queue === undefined ? "Limits" : `Limits of ${queue}`}
        description="They bind from the next claim on, also what is queued already. An empty field is no limit."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            {queue === undefined && (
              <div className="flex flex-col gap-1">
                <Label htmlFor="limit-queue">Queue</Label>
                <Input
                  id="limit-queue"
                  placeholder="all of this tenant"
                  value={name}
                  onChange={(event) => {
                    setName(event.target.value);
                    // what that queue has now, so that setting one limit takes no other away
                    setTexts(textsOf(rules, event.target.value.trim() || undefined));
                  }}
                />
              </div>
            )}
            <div className="grid gap-3 sm:grid-cols-2">
              {field("running")}
              {field("queued")}
            </div>
            <div className="grid gap-3 sm:grid-cols-3">
              {field("count")}
              {field("seconds", texts.count !== "")}
              {field("burst")}
            </div>
            <CommandProblem error={limit.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={limit.isPending}>
              <Gauge aria-hidden />
              {limit.isPending ? "Setting…" : "Set limits"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function textsOf(rules: readonly RuleView[], queue: string | undefined): Record<Field, string> {
  const rule = rules.find(
    (one) => !one.plane && one.queue === (queue ?? null) && one.type === null && one.agent === null,
  );
  const text = (value: number | null | undefined) => (value == null ? "" : String(value));
  return {
    running: text(rule?.maxRunning),
    queued: text(rule?.maxQueued),
    count: text(rule?.rate?.count),
    seconds: text(rule?.rate?.perSeconds),
    burst: text(rule?.rate?.burst),
  };
}
