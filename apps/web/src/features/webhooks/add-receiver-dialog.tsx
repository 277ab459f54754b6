"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "@nofx/ui/primitives/button";
import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { Plus } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { PeopleChoice } from "./people-choice.tsx";
import { SecretShown } from "./secret-shown.tsx";

const DECISIONS = ["approve", "reject"] as const;
/** What approvals are about; none chosen is all. */
const SUBJECTS = ["plan", "plan_step", "step", "tool", "override", "budget"] as const;

export function AddReceiverDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const choices = useQuery(trpc.webhooks.choices.queryOptions({})).data;
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [people, setPeople] = useState<ReadonlySet<string>>(new Set());
  const [decisions, setDecisions] = useState<readonly (typeof DECISIONS)[number][]>(DECISIONS);
  const [subjects, setSubjects] = useState<readonly (typeof SUBJECTS)[number][]>([]);
  const add = useMutation(
    trpc.inbound.add.mutationOptions({
      onSettled: () => queryClient.invalidateQueries(trpc.inbound.pathFilter()),
    }),
  );
  if (add.data !== undefined) {
    const { receiver, secret } = add.data;
    return (
      <Dialog open onOpenChange={(open) => !open && onClose()}>
        <DialogContent title={`${receiver.name} is there`} description={`POST ${receiver.path}`}>
          <DialogBody>
            <SecretShown secret={secret} inbound />
          </DialogBody>
          <DialogFooter>
            <Button variant="primary" onClick={onClose}>
              Done
            </Button>
          </DialogFooter>
        </DialogContent>
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Add a receiver"
        description="Another program tells what members decided. Each message is signed, and taken once."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate({
              name: name.trim(),
              description: description.trim(),
              actsFor: [...people],
              decisions: [...decisions],
              subjects: [...subjects],
            });
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            <div className="flex flex-col gap-1">
              <Label htmlFor="receiver-name">Name, as history shows it</Label>
              <Input
                id="receiver-name"
                required
                maxLength={64}
                pattern="[a-z0-9][a-z0-9._\-]*"
                placeholder="zig-todo"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            </div>
            <PeopleChoice
              legend="Whom it may speak for"
              people={choices?.members ?? []}
              chosen={people}
              onChange={setPeople}
            />
            <Some
              legend="What it may do"
              all={DECISIONS}
              chosen={decisions}
              onChange={setDecisions}
            />
            <Some
              legend="About what (none chosen: everything)"
              all={SUBJECTS}
              chosen={subjects}
              onChange={setSubjects}
            />
            <div className="flex flex-col gap-1">
              <Label htmlFor="receiver-description">What it is for (optional)</Label>
              <Input
                id="receiver-description"
                maxLength={500}
                value={description}
                onChange={(event) => setDescription(event.target.value)}
              />
            </div>
            <p className="text-xs text-soft">
              You will see its secret, so it cannot decide what you ask for yourself.
            </p>
            <CommandProblem error={add.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant="primary"
              disabled={add.isPending || people.size === 0 || decisions.length === 0}
            >
              <Plus aria-hidden />
              {add.isPending ? "Adding…" : "Add"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function Some<T extends string>({
  legend,
  all,
  chosen,
  onChange,
}: {
  legend: string;
  all: readonly T[];
  chosen: readonly T[];
  onChange: (chosen: readonly T[]) => void;
}) {
  return (
    <fieldset className="flex flex-wrap gap-x-4 gap-y-1">
      <legend className="mb-1 text-xs font-medium text-soft">{legend}</legend>
      {all.map((one) => (
        <span key={one} className="flex items-center gap-2">
          <Checkbox
            id={`receiver-${one}`}
            checked={chosen.includes(one)}
            onChange={(event) =>
              onChange(
                all.filter((each) => (each === one ? event.target.checked : chosen.includes(each))),
              )
            }
          />
          <label htmlFor={`receiver-${one}`} className="text-sm">
            {one.replaceAll("_", " ")}
          </label>
        </span>
      ))}
    </fieldset>
  );
}
