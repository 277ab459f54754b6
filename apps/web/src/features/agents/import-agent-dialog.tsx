"use client";

import { useMutation } from "@tanstack/react-query";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { parseObject } from "#shell/parse-object.ts";
import { useTRPC } from "#trpc/react.tsx";
import { useAgentsRefresh } from "./use-agents-refresh.ts";

/** Takes an A2A agent card, or the address of one. */
export function ImportAgentDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const [given, setGiven] = useState("");
  const imported = useMutation(
    trpc.agents.import.mutationOptions({
      onSuccess: ({ agentId }) => router.push(`/agents/${agentId}`),
      onSettled: useAgentsRefresh(),
    }),
  );
  const isUrl = /^https?:\/\//.test(given.trim());
  const parsed = isUrl || given.trim() === "" ? undefined : parseObject(given);
  const problem = parsed !== undefined && "problem" in parsed ? parsed.problem : undefined;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Import an agent card"
        description="An A2A card, or the public address that serves one. Its skills become the agent's capabilities."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            if (isUrl) imported.mutate({ url: given.trim() });
            else if (parsed !== undefined && "value" in parsed) {
              imported.mutate({ card: parsed.value });
            }
          }}
        >
          <DialogBody className="flex flex-col gap-1">
            <Label htmlFor="agent-card">Card or address</Label>
            <Textarea
              id="agent-card"
              required
              rows={10}
              spellCheck={false}
              className="font-mono text-xs"
              placeholder="https://agent.example/.well-known/agent-card.json"
              aria-invalid={problem !== undefined}
              value={given}
              onChange={(event) => setGiven(event.target.value)}
            />
            {problem !== undefined && (
              <p role="alert" className="text-xs text-bad">
                {problem}
              </p>
            )}
            <CommandProblem error={imported.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant="primary"
              disabled={imported.isPending || problem !== undefined}
            >
              Import
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
