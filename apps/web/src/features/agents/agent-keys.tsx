"use client";

import { useMutation } from "@tanstack/react-query";
import type { AgentDetail, AgentKeyView, IssuedAgentKey } from "@nofx/core/api";
import { CopyButton } from "@nofx/ui/blocks/copy-button";
import { Callout } from "@nofx/ui/blocks/callout";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Button } from "@nofx/ui/primitives/button";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useAgentsRefresh } from "./use-agents-refresh.ts";

const TONE = { active: "good", expired: "ended", revoked: "bad" } as const;

/** Its keys by their hints; a new one is shown once, here. */
export function AgentKeys({ agent }: { agent: AgentDetail }) {
  const trpc = useTRPC();
  const [shown, setShown] = useState<IssuedAgentKey>();
  // forgotten at once: what was answered would else stay in the page's memory for minutes
  const settled = { onSuccess: setShown, onSettled: useAgentsRefresh(), gcTime: 0 };
  const issue = useMutation(trpc.agents.issueKey.mutationOptions(settled));
  const rotate = useMutation(trpc.agents.rotateKey.mutationOptions(settled));
  return (
    <Section
      title="Keys"
      actions={
        agent.status !== "retired" && (
          <RightButton
            size="sm"
            permission="agent.manage"
            disabled={issue.isPending}
            onClick={() => issue.mutate({ agentId: agent.id })}
          >
            Issue a key
          </RightButton>
        )
      }
    >
      {shown?.key != null && (
        <Callout
          tone="warn"
          icon={KeyRound}
          title="Copy this key now: it is not shown again"
          className="m-3"
        >
          <span className="flex items-center gap-1">
            <code className="font-mono text-xs break-all">{shown.key}</code>
            <CopyButton value={shown.key} label="Copy the key" />
          </span>
          <Button size="sm" className="mt-2" onClick={() => setShown(undefined)}>
            I have it
          </Button>
        </Callout>
      )}
      <CommandProblem error={issue.error ?? rotate.error} className="m-3" />
      {agent.keys.length === 0 ? (
        <p className="px-3 py-3 text-sm text-faint">
          It has no key: none of its processes can sign in.
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {agent.keys.map((key) => (
            <Key
              key={key.id}
              of={key}
              agentId={agent.id}
              onRotate={() => rotate.mutate({ agentId: agent.id, keyId: key.id })}
              rotating={rotate.isPending}
            />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Key({
  of: key,
  agentId,
  onRotate,
  rotating,
}: {
  of: AgentKeyView;
  agentId: string;
  onRotate: () => void;
  rotating: boolean;
}) {
  const trpc = useTRPC();
  const [sure, setSure] = useState(false);
  const revoke = useMutation(
    trpc.agents.revokeKey.mutationOptions({ onSettled: useAgentsRefresh() }),
  );
  return (
    <li className="flex flex-col gap-1 px-3 py-2 text-sm">
      <span className="flex flex-wrap items-center gap-2">
        <code className="font-mono text-xs">{key.hint}</code>
        <Badge tone={TONE[key.status]}>{key.status}</Badge>
        <span className="text-xs text-faint">{key.name}</span>
      </span>
      <span className="text-xs text-faint">
        issued <RelativeTime at={key.createdAt} />
        {key.issuedBy !== null && ` by ${key.issuedBy}`},{" "}
        {key.lastUsedAt === null ? (
          "never used"
        ) : (
          <>
            used <RelativeTime at={key.lastUsedAt} />
          </>
        )}
        {key.expiresAt !== null && (
          <>
            , ends <RelativeTime at={key.expiresAt} />
          </>
        )}
      </span>
      {key.status === "active" && (
        <span className="flex gap-2">
          <RightButton
            size="sm"
            permission="agent.manage"
            title="A new key now; this one can be used for a day more"
            disabled={rotating}
            onClick={onRotate}
          >
            Rotate
          </RightButton>
          {sure ? (
            <RightButton
              size="sm"
              variant="danger"
              permission="agent.manage"
              disabled={revoke.isPending}
              onClick={() => revoke.mutate({ agentId, keyId: key.id })}
            >
              Revoke it now
            </RightButton>
          ) : (
            <RightButton size="sm" permission="agent.manage" onClick={() => setSure(true)}>
              Revoke…
            </RightButton>
          )}
        </span>
      )}
      <CommandProblem error={revoke.error} />
    </li>
  );
}
