"use client";

import { useMutation } from "@tanstack/react-query";
import type { ProviderView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label, Select, Textarea } from "@nofx/ui/primitives/input";
import { Save } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { KINDS, providerDraftOf, readHeaders, type ProviderDraft } from "./provider-draft.ts";
import { useRoutingRefresh } from "#shell/use-routing-refresh.ts";

/** Says how a provider is called, or changes that. */
export function ProviderDialog({
  provider,
  onClose,
}: {
  provider?: ProviderView | undefined;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const refresh = useRoutingRefresh();
  const [draft, setDraft] = useState<ProviderDraft>(() => providerDraftOf(provider));
  const set = (changes: Partial<ProviderDraft>) =>
    setDraft((before) => ({ ...before, ...changes }));
  const headers = readHeaders(draft.headers);
  const save = useMutation(
    trpc.providers.set.mutationOptions({ onSuccess: onClose, onSettled: refresh }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        className="max-w-xl"
        title={provider === undefined ? "New provider" : `Change ${provider.title}`}
        description="This tenant's own settings stand in place of the product's. Its key is in the vault, not here."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            if ("problem" in headers) return;
            const { name, region, title, kind, baseUrl, keyName, probe } = draft;
            save.mutate({
              name,
              region,
              kind,
              probe,
              headers: headers.value,
              baseUrl: baseUrl.trim() === "" ? null : baseUrl.trim(),
              keyName: keyName.trim() === "" ? null : keyName.trim(),
              enabled: provider?.enabled ?? true,
              ...(title.trim() !== "" && { title: title.trim() }),
            });
          }}
        >
          <DialogBody className="flex flex-col gap-3">
            <WhoFields draft={draft} set={set} known={provider !== undefined} />
            <div className="flex flex-col gap-1">
              <Label htmlFor="provider-url">Base URL</Label>
              <Input
                id="provider-url"
                type="url"
                required={draft.kind === "openai_compatible"}
                spellCheck={false}
                maxLength={500}
                placeholder={
                  draft.kind === "openai_compatible"
                    ? "https://api.example.com/v1"
                    : "the provider's own"
                }
                value={draft.baseUrl}
                onChange={(event) => set({ baseUrl: event.target.value })}
              />
            </div>
            <div className="flex flex-col gap-1">
              <Label htmlFor="provider-key">Key in the vault (empty: it needs none)</Label>
              <Input
                id="provider-key"
                spellCheck={false}
                maxLength={64}
                value={draft.keyName}
                onChange={(event) => set({ keyName: event.target.value })}
              />
            </div>
            <div className="flex flex-col gap-1">
              <Label htmlFor="provider-headers">
                Headers of every call, one a line; no secrets
              </Label>
              <Textarea
                id="provider-headers"
                rows={2}
                spellCheck={false}
                className="font-mono text-xs"
                placeholder="x-team: search"
                aria-invalid={"problem" in headers}
                value={draft.headers}
                onChange={(event) => set({ headers: event.target.value })}
              />
              {"problem" in headers && (
                <p role="alert" className="text-xs text-bad">
                  {headers.problem}
                </p>
              )}
            </div>
            <div className="flex items-start gap-2">
              <Checkbox
                id="provider-probe"
                className="mt-0.5"
                aria-describedby="provider-probe-means"
                checked={draft.probe}
                onChange={(event) => set({ probe: event.target.checked })}
              />
              <div>
                <Label htmlFor="provider-probe">Probe it when it fails</Label>
                <p id="provider-probe-means" className="text-xs text-soft">
                  A worker asks it a word now and then, to learn when it is well. That costs a few
                  tokens.
                </p>
              </div>
            </div>
            <CommandProblem error={save.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant="primary"
              disabled={save.isPending || "problem" in headers}
            >
              <Save aria-hidden />
              Save
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function WhoFields({
  draft,
  set,
  known,
}: {
  draft: ProviderDraft;
  set: (changes: Partial<ProviderDraft>) => void;
  known: boolean;
}) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <div className="flex flex-col gap-1">
        <Label htmlFor="provider-name">Name, before the slash of its models</Label>
        <Input
          id="provider-name"
          required
          disabled={known}
          pattern="[a-z0-9][a-z0-9._\-]*"
          maxLength={64}
          spellCheck={false}
          placeholder="ollama"
          value={draft.name}
          onChange={(event) => set({ name: event.target.value })}
        />
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor="provider-region">Region</Label>
        <Input
          id="provider-region"
          required
          disabled={known}
          pattern="[a-z0-9][a-z0-9._\-]*"
          maxLength={64}
          spellCheck={false}
          value={draft.region}
          onChange={(event) => set({ region: event.target.value })}
        />
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor="provider-title">Title</Label>
        <Input
          id="provider-title"
          maxLength={200}
          value={draft.title}
          onChange={(event) => set({ title: event.target.value })}
        />
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor="provider-kind">Speaks</Label>
        <Select
          id="provider-kind"
          value={draft.kind}
          onChange={(event) => set({ kind: event.target.value as ProviderDraft["kind"] })}
        >
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {kind.replace("_", " ")}
            </option>
          ))}
        </Select>
      </div>
    </div>
  );
}
