"use client";

import { useMutation } from "@tanstack/react-query";
import type { AgentDetail } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useAgentsRefresh } from "./use-agents-refresh.ts";

const ACTS = {
  drain: {
    label: "Drain…",
    title: "Drain this agent",
    says: "It ends what it holds and is given nothing more.",
    confirm: "Drain",
    from: ["active"],
  },
  quarantine: {
    label: "Quarantine…",
    title: "Quarantine this agent",
    says: "What it holds is taken back at once, and given to others. It is given nothing until somebody resumes it.",
    confirm: "Quarantine",
    from: ["active", "draining"],
  },
  resume: {
    label: "Resume…",
    title: "Give this agent steps again",
    says: "Its breaker begins anew.",
    confirm: "Resume",
    from: ["draining", "quarantined"],
  },
  retire: {
    label: "Retire…",
    title: "Retire this agent",
    says: "For good: its keys are revoked, and its past stays.",
    confirm: "Retire",
    from: ["active", "draining", "quarantined"],
  },
} as const;
type Act = keyof typeof ACTS;
const ORDER: readonly Act[] = ["resume", "drain", "quarantine", "retire"];

export function AgentActions({ agent }: { agent: AgentDetail }) {
  const [act, setAct] = useState<Act>();
  return (
    <>
      {ORDER.filter((one) => ACTS[one].from.some((status) => status === agent.status)).map(
        (one) => (
          <RightButton key={one} permission="agent.manage" onClick={() => setAct(one)}>
            {ACTS[one].label}
          </RightButton>
        ),
      )}
      {act !== undefined && <ActDialog act={act} agent={agent} onClose={() => setAct(undefined)} />}
    </>
  );
}

function ActDialog({ act, agent, onClose }: { act: Act; agent: AgentDetail; onClose: () => void }) {
  const trpc = useTRPC();
  const [reason, setReason] = useState("");
  const settled = { onSuccess: onClose, onSettled: useAgentsRefresh() };
  const mutations = {
    drain: useMutation(trpc.agents.drain.mutationOptions(settled)),
    resume: useMutation(trpc.agents.resume.mutationOptions(settled)),
    quarantine: useMutation(trpc.agents.quarantine.mutationOptions(settled)),
    retire: useMutation(trpc.agents.retire.mutationOptions(settled)),
  };
  const { title, says, confirm } = ACTS[act];
  const isDanger = act === "quarantine" || act === "retire";
  const submit = () => {
    const given = reason.trim();
    if (act === "quarantine") mutations.quarantine.mutate({ agentId: agent.id, reason: given });
    else mutations[act].mutate({ agentId: agent.id, ...(given !== "" && { reason: given }) });
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent title={title} description={says}>
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <DialogBody className="flex flex-col gap-1">
            <Label htmlFor="act-reason">Reason{act === "quarantine" ? "" : " (optional)"}</Label>
            <Input
              id="act-reason"
              maxLength={500}
              required={act === "quarantine"}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <CommandProblem error={mutations[act].error} className="mt-2" />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant={isDanger ? "danger" : "primary"}
              disabled={mutations[act].isPending}
            >
              {confirm}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
