"use client";

import { useMutation } from "@tanstack/react-query";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label, Textarea } from "@nofx/ui/primitives/input";
import { useRouter } from "next/navigation";
import { type ReactNode, useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useAgentsRefresh } from "./use-agents-refresh.ts";

export function CreateAgentDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const [name, setName] = useState("");
  const [capabilities, setCapabilities] = useState("");
  const [team, setTeam] = useState("");
  const [most, setMost] = useState("");
  const [description, setDescription] = useState("");
  const create = useMutation(
    trpc.agents.create.mutationOptions({
      onSuccess: ({ id }) => router.push(`/agents/${id}`),
      onSettled: useAgentsRefresh(),
    }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="New agent"
        description="A program that executes steps of its capabilities. Its key is issued on its page."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate({
              name: name.trim(),
              description: description.trim(),
              capabilities: capabilities.split(/[\s,]+/).filter((one) => one !== ""),
              ...(team.trim() !== "" && { team: team.trim() }),
              ...(most !== "" && { maxConcurrency: Number(most) }),
            });
          }}
        >
          <DialogBody className="grid grid-cols-2 gap-3">
            <Field id="agent-name" label="Name">
              <Input
                id="agent-name"
                required
                placeholder="patcher"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            </Field>
            <Field id="agent-team" label="Team (optional)">
              <Input
                id="agent-team"
                value={team}
                onChange={(event) => setTeam(event.target.value)}
              />
            </Field>
            <div className="col-span-2 flex flex-col gap-1">
              <Label htmlFor="agent-capabilities">Capabilities, separated by spaces</Label>
              <Input
                id="agent-capabilities"
                required
                placeholder="code.patch code.review"
                value={capabilities}
                onChange={(event) => setCapabilities(event.target.value)}
              />
            </div>
            <Field id="agent-most" label="Steps at once, over all of its processes (optional)">
              <Input
                id="agent-most"
                type="number"
                min={1}
                max={10_000}
                value={most}
                onChange={(event) => setMost(event.target.value)}
              />
            </Field>
            <div className="col-span-2 flex flex-col gap-1">
              <Label htmlFor="agent-description">Description</Label>
              <Textarea
                id="agent-description"
                rows={3}
                maxLength={2_000}
                value={description}
                onChange={(event) => setDescription(event.target.value)}
              />
            </div>
            <CommandProblem error={create.error} className="col-span-2" />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={create.isPending}>
              Create
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function Field({ id, label, children }: { id: string; label: string; children: ReactNode }) {
  return (
    <div className="flex flex-col justify-end gap-1">
      <Label htmlFor={id}>{label}</Label>
      {children}
    </div>
  );
}
