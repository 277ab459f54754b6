"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { AuditCheck, AuditStatus } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { CopyButton } from "@nofx/ui/blocks/copy-button";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Button } from "@nofx/ui/primitives/button";
import { Badge } from "@nofx/ui/primitives/badge";
import { CircleCheck, CircleX, PenLine, ShieldCheck } from "lucide-react";
import { CommandProblem } from "#shell/complain.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";

/** How far the chain has come, how far it is signed, and whether it holds. */
export function ChainStatus() {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const status = useQuery({ ...trpc.audit.status.queryOptions({}), refetchInterval: 10_000 });
  const check = useMutation({ mutationFn: () => api.audit.check.query({}) });
  const sign = useMutation(
    trpc.audit.sign.mutationOptions({ onSuccess: () => void status.refetch() }),
  );
  return (
    <Section
      title="Chain"
      bodyClassName="flex flex-col gap-3 p-3"
      actions={
        <div className="flex flex-wrap gap-2">
          <RightButton
            permission="audit.export"
            size="sm"
            disabled={sign.isPending}
            onClick={() => sign.mutate({})}
          >
            <PenLine aria-hidden />
            Sign now
          </RightButton>
          <Button size="sm" disabled={check.isPending} onClick={() => check.mutate()}>
            <ShieldCheck aria-hidden />
            {check.isPending ? "Checking…" : "Check the chain"}
          </Button>
        </div>
      }
    >
      <QueryView query={status} what="the chain's status">
        {(data) => <Facts status={data} />}
      </QueryView>
      <div role="status" aria-label="Check">
        {check.data !== undefined && <Outcome check={check.data} />}
      </div>
      <CommandProblem error={check.error ?? sign.error} />
    </Section>
  );
}

function Facts({ status: { seq, hash, digest, unsigned, shippedAt } }: { status: AuditStatus }) {
  return (
    <KeyValue>
      <Fact name="Newest">
        entry {seq.toLocaleString("en")}
        {hash !== null && (
          <code className="ml-2 font-mono text-xs text-faint">{hash.slice(0, 12)}…</code>
        )}
      </Fact>
      <Fact name="Signed">
        {digest === null ? (
          <span className="inline-flex flex-wrap items-center gap-2">
            <Badge tone="warn">Unsigned</Badge>
            <span className="text-soft">No worker has a key to sign with: see docs/audit.md.</span>
          </span>
        ) : (
          <>
            up to entry {digest.to.toLocaleString("en")}, digest {digest.n.toLocaleString("en")},{" "}
            <RelativeTime at={digest.at} />
            {unsigned > 0 && ` (${unsigned.toLocaleString("en")} came after it)`}
          </>
        )}
      </Fact>
      {digest !== null && (
        <>
          <Fact name="Key">
            <code className="font-mono text-xs">{digest.kid}</code>
          </Fact>
          <Fact name="Copy">
            {shippedAt === null ? (
              "not in storage yet"
            ) : (
              <>
                in storage, <RelativeTime at={shippedAt} />
              </>
            )}
          </Fact>
          <Fact name="Head digest">
            <span className="inline-flex items-center gap-1 text-soft">
              Keep it outside: it proves later that nothing is missing.
              <CopyButton value={JSON.stringify(digest)} label="Copy the head digest" />
            </span>
          </Fact>
        </>
      )}
    </KeyValue>
  );
}

function Outcome({ check: { ok, from, to, firstBad } }: { check: AuditCheck }) {
  const range = `entries ${from.toLocaleString("en")} to ${to.toLocaleString("en")}`;
  if (ok) {
    return (
      <Callout tone="good" icon={CircleCheck} title={`The chain holds: ${range}`}>
        Hashes only. Signatures and what may be missing at the end are for{" "}
        <code className="font-mono text-xs">nofx audit verify</code>, with your key and a head
        digest.
      </Callout>
    );
  }
  return (
    <Callout tone="bad" icon={CircleX} title="The chain does not hold">
      {firstBad?.seq != null && `Entry ${firstBad.seq}: `}
      {firstBad?.why}
    </Callout>
  );
}
