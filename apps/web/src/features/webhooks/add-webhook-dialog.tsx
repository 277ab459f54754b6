"use client";

import { useMutation } from "@tanstack/react-query";
import { Button } from "@nofx/ui/primitives/button";
import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Choice } from "#shell/choice.tsx";
import { CommandProblem } from "#shell/complain.tsx";
import type { RouterInputs } from "#server/root.ts";
import { useTRPC } from "#trpc/react.tsx";
import { SecretShown } from "./secret-shown.tsx";
import { useWebhookRefresh } from "./use-webhook-refresh.ts";

type EventType = NonNullable<RouterInputs["webhooks"]["add"]["events"]>[number];

export function AddWebhookDialog({
  types,
  onClose,
}: {
  types: readonly string[];
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const refresh = useWebhookRefresh();
  const [url, setUrl] = useState("");
  const [description, setDescription] = useState("");
  const [some, setSome] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const add = useMutation(trpc.webhooks.add.mutationOptions({ onSettled: refresh }));

  if (add.data !== undefined) {
    return (
      <Dialog open onOpenChange={(open) => !open && onClose()}>
        <DialogContent title="The webhook is there" description={add.data.webhook.url}>
          <DialogBody>
            <SecretShown secret={add.data.secret} />
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
        title="Add a webhook"
        description="Each event is one POST, tried again until it is taken."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate({
              url: url.trim(),
              description: description.trim(),
              events: some ? ([...chosen] as EventType[]) : [],
            });
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            <div className="flex flex-col gap-1">
              <Label htmlFor="webhook-url">Address</Label>
              <Input
                id="webhook-url"
                type="url"
                required
                placeholder="https://example.com/hooks/nofx"
                value={url}
                onChange={(event) => setUrl(event.target.value)}
              />
            </div>
            <div className="flex flex-col gap-1">
              <Label htmlFor="webhook-description">What it is for (optional)</Label>
              <Input
                id="webhook-description"
                maxLength={500}
                value={description}
                onChange={(event) => setDescription(event.target.value)}
              />
            </div>
            <fieldset className="flex flex-col gap-2">
              <legend className="mb-1 text-xs font-medium text-soft">What it is told</legend>
              <Choice
                name="events"
                checked={!some}
                onChoose={() => setSome(false)}
                title="All events"
              >
                Also those of kinds that are added later.
              </Choice>
              <Choice name="events" checked={some} onChoose={() => setSome(true)} title="Only some">
                {chosen.size === 0 ? "Choose below." : `${chosen.size} chosen.`}
              </Choice>
              {some && <Types types={types} chosen={chosen} onChange={setChosen} />}
            </fieldset>
            <CommandProblem error={add.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant="primary"
              disabled={add.isPending || (some && chosen.size === 0)}
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

function Types({
  types,
  chosen,
  onChange,
}: {
  types: readonly string[];
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}) {
  return (
    <ul className="grid max-h-52 gap-x-4 overflow-y-auto rounded-md border border-line p-2 sm:grid-cols-2">
      {types.map((type) => (
        <li key={type} className="flex min-h-6 items-center gap-2">
          <Checkbox
            id={`type-${type}`}
            checked={chosen.has(type)}
            onChange={(event) => {
              const next = new Set(chosen);
              if (event.target.checked) next.add(type);
              else next.delete(type);
              onChange(next);
            }}
          />
          <label htmlFor={`type-${type}`} className="font-mono text-xs">
            {type}
          </label>
        </li>
      ))}
    </ul>
  );
}
