"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { WebhookFormat } from "@nofx/core/vocabulary";
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
import { EventTypes } from "./event-types.tsx";
import { FormatChoice } from "./format-choice.tsx";
import { PeopleChoice } from "./people-choice.tsx";
import { SecretShown } from "./secret-shown.tsx";
import { useWebhookRefresh } from "./use-webhook-refresh.ts";
import { webhookName } from "./webhook-look.ts";

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
  const choices = useQuery(trpc.webhooks.choices.queryOptions({})).data;
  const [format, setFormat] = useState<WebhookFormat>("nofx");
  const [url, setUrl] = useState("");
  const [recipients, setRecipients] = useState<ReadonlySet<string>>(new Set());
  const [titles, setTitles] = useState(true);
  const [description, setDescription] = useState("");
  const [some, setSome] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const add = useMutation(trpc.webhooks.add.mutationOptions({ onSettled: refresh }));
  const forPeople = format !== "nofx";
  const offered = forPeople ? (choices?.noticeTypes ?? []) : types;

  if (add.data !== undefined) {
    const { webhook, secret } = add.data;
    return (
      <Dialog open onOpenChange={(open) => !open && onClose()}>
        <DialogContent title="It is there" description={webhookName(webhook)}>
          <DialogBody>
            {webhook.format === "nofx" ? (
              <SecretShown secret={secret} />
            ) : (
              <p className="text-sm text-soft">Send a test on its page to see that it arrives.</p>
            )}
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
        description="What happens is told until it is taken: to a program, to a channel of Slack, or by e-mail."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate({
              format,
              titles,
              description: description.trim(),
              events: some ? ([...chosen] as EventType[]) : [],
              ...(format === "email" ? { recipients: [...recipients] } : { url: url.trim() }),
            });
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            <FormatChoice
              format={format}
              mail={choices?.mail ?? false}
              onChoose={(next) => {
                setFormat(next);
                setChosen(new Set());
              }}
            />
            {format === "email" ? (
              <PeopleChoice
                legend="Who gets the mails"
                people={choices?.members ?? []}
                chosen={recipients}
                onChange={setRecipients}
              />
            ) : (
              <div className="flex flex-col gap-1">
                <Label htmlFor="webhook-url">
                  {format === "slack" ? "Address of the incoming webhook" : "Address"}
                </Label>
                <Input
                  id="webhook-url"
                  type="url"
                  required
                  autoComplete="off"
                  placeholder={
                    format === "slack"
                      ? "https://hooks.slack.com/services/…"
                      : "https://example.com/hooks/nofx"
                  }
                  value={url}
                  onChange={(event) => setUrl(event.target.value)}
                />
                {format === "slack" && (
                  <p className="text-xs text-faint">It is a secret, and never shown again.</p>
                )}
              </div>
            )}
            {forPeople && (
              <div className="flex items-start gap-2">
                <Checkbox
                  id="webhook-titles"
                  className="mt-0.5"
                  checked={titles}
                  onChange={(event) => setTitles(event.target.checked)}
                />
                <label htmlFor="webhook-titles" className="text-sm">
                  Tell titles of plans and approvals, and names of runs and steps
                  <span className="block text-xs text-faint">
                    Without them: what happened, and a link. Arguments, reasons and comments are
                    never told.
                  </span>
                </label>
              </div>
            )}
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
                title={forPeople ? "All that people are told of" : "All events"}
              >
                {forPeople
                  ? "Plans, gates, approvals, failures."
                  : "Also those of kinds that are added later."}
              </Choice>
              <Choice name="events" checked={some} onChoose={() => setSome(true)} title="Only some">
                {chosen.size === 0 ? "Choose below." : `${chosen.size} chosen.`}
              </Choice>
              {some && <EventTypes types={offered} chosen={chosen} onChange={setChosen} />}
            </fieldset>
            <CommandProblem error={add.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant="primary"
              disabled={
                add.isPending ||
                (some && chosen.size === 0) ||
                (format === "email" && recipients.size === 0)
              }
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
