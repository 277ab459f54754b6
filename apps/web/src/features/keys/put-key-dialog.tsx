"use client";

import { useMutation } from "@tanstack/react-query";
import type { KeyView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label, Select } from "@nofx/ui/primitives/input";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useKeysRefresh } from "./use-keys-refresh.ts";

const OVERLAPS = [
  [0, "not at all: it is destroyed now"],
  [3_600, "for an hour"],
  [86_400, "for a day"],
  [604_800, "for a week"],
] as const;

/** Takes a secret, which nobody is shown again; not this page either. */
export function PutKeyDialog({ rotating, onClose }: { rotating?: KeyView; onClose: () => void }) {
  const trpc = useTRPC();
  const [provider, setProvider] = useState("");
  const [name, setName] = useState("default");
  const [secret, setSecret] = useState("");
  const [note, setNote] = useState(rotating?.note ?? "");
  const [overlapSeconds, setOverlap] = useState(86_400);
  // forgotten at once: what was sent would else stay in the page's memory for minutes
  const settled = { onSuccess: onClose, onSettled: useKeysRefresh(), gcTime: 0 };
  const put = useMutation(trpc.keys.put.mutationOptions(settled));
  const rotate = useMutation(trpc.keys.rotate.mutationOptions(settled));
  const busy = put.isPending || rotate.isPending;
  const submit = () => {
    const rest = { secret: secret.trim(), note: note.trim(), overlapSeconds };
    if (rotating !== undefined) rotate.mutate({ keyId: rotating.id, ...rest });
    else put.mutate({ provider: provider.trim(), name: name.trim(), ...rest });
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={
          rotating === undefined
            ? "Add a key"
            : `Rotate the key of ${rotating.provider} ${rotating.name}`
        }
        description={
          rotating === undefined
            ? "Calls of this provider's models use it at once. Where there is one of this name, this is its next version."
            : `Calls use version ${rotating.version + 1} at once.`
        }
      >
        <form
          className="contents"
          autoComplete="off"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            {rotating === undefined && (
              <div className="grid gap-4 sm:grid-cols-2">
                <div className="flex flex-col gap-1">
                  <Label htmlFor="key-provider">Provider</Label>
                  <Input
                    id="key-provider"
                    required
                    maxLength={64}
                    pattern="[a-z0-9][a-z0-9._\-]*"
                    placeholder="openai"
                    value={provider}
                    onChange={(event) => setProvider(event.target.value)}
                  />
                </div>
                <div className="flex flex-col gap-1">
                  <Label htmlFor="key-name">Name</Label>
                  <Input
                    id="key-name"
                    required
                    maxLength={64}
                    pattern="[a-z0-9][a-z0-9._\-]*"
                    value={name}
                    onChange={(event) => setName(event.target.value)}
                  />
                </div>
              </div>
            )}
            <div className="flex flex-col gap-1">
              <Label htmlFor="key-secret">{rotating === undefined ? "Key" : "New key"}</Label>
              <Input
                id="key-secret"
                type="password"
                required
                autoComplete="off"
                spellCheck={false}
                minLength={8}
                value={secret}
                onChange={(event) => setSecret(event.target.value)}
              />
              <p className="text-xs text-faint">
                It is encrypted and never shown again: keep no copy you do not need.
              </p>
            </div>
            <div className="flex flex-col gap-1">
              <Label htmlFor="key-note">Note (optional)</Label>
              <Input
                id="key-note"
                maxLength={500}
                placeholder="Of the research account"
                value={note}
                onChange={(event) => setNote(event.target.value)}
              />
            </div>
            {rotating !== undefined && (
              <div className="flex flex-col gap-1">
                <Label htmlFor="key-overlap">
                  Version {rotating.version} can still be used, where the provider refuses the new
                  one
                </Label>
                <Select
                  id="key-overlap"
                  value={overlapSeconds}
                  onChange={(event) => setOverlap(Number(event.target.value))}
                >
                  {OVERLAPS.map(([seconds, words]) => (
                    <option key={seconds} value={seconds}>
                      {words}
                    </option>
                  ))}
                </Select>
              </div>
            )}
            <CommandProblem error={put.error ?? rotate.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={busy || secret.trim().length < 8}>
              <KeyRound aria-hidden />
              {rotating === undefined ? "Add" : "Rotate"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
