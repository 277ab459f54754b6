"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { WorkerView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Progress } from "@nofx/ui/primitives/progress";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Tooltip } from "@nofx/ui/primitives/tooltip";
import { Button } from "@nofx/ui/primitives/button";
import { UNKNOWN_STATUS, WORKER_STATUS } from "@nofx/ui/tokens/status";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";

export function WorkerTable({
  workers,
  mayDrain,
}: {
  workers: readonly WorkerView[];
  mayDrain: boolean;
}) {
  return (
    <Table>
      <THead>
        <Tr>
          <Th>Worker</Th>
          <Th>Status</Th>
          <Th className="hidden sm:table-cell">At work</Th>
          <Th className="hidden md:table-cell">Has code for</Th>
          <Th className="hidden sm:table-cell">Version</Th>
          <Th className="hidden lg:table-cell">Last heard of</Th>
          <Th>
            <span className="sr-only">Actions</span>
          </Th>
        </Tr>
      </THead>
      <TBody>
        {workers.map((worker) => (
          <Row key={worker.name} worker={worker} mayDrain={mayDrain} />
        ))}
      </TBody>
    </Table>
  );
}

function Row({ worker, mayDrain }: { worker: WorkerView; mayDrain: boolean }) {
  const gone = worker.status === "stopped" || worker.status === "silent";
  return (
    <Tr>
      <Td className="min-w-28">
        <code className="font-mono text-xs font-medium break-all">{worker.name}</code>
        <span className="block text-xs text-faint wrap-anywhere">{worker.host}</span>
        {!gone && (
          <span className="block text-xs whitespace-nowrap text-faint sm:hidden">
            {worker.inFlight} of {worker.concurrency} at work
          </span>
        )}
      </Td>
      <Td>
        <LookBadge look={WORKER_STATUS[worker.status] ?? UNKNOWN_STATUS} />
      </Td>
      <Td className="hidden sm:table-cell">
        {gone ? (
          <span className="text-faint">–</span>
        ) : (
          <span className="flex items-center gap-2">
            <Progress
              label={`${worker.inFlight} of ${worker.concurrency} places taken`}
              className="hidden w-16 sm:flex"
              total={worker.concurrency}
              parts={[{ label: "at work", value: worker.inFlight, tone: "active" }]}
            />
            <span className="text-xs whitespace-nowrap tabular-nums">
              {worker.inFlight} of {worker.concurrency}
            </span>
          </span>
        )}
        <span className="block text-xs whitespace-nowrap text-faint tabular-nums">
          {worker.settled.toLocaleString("en")} done
        </span>
      </Td>
      <Td className="hidden md:table-cell">
        <span className="flex flex-wrap gap-1">
          {worker.handlers.map((handler) => (
            <Badge key={handler} className="font-mono">
              {handler}
            </Badge>
          ))}
        </span>
      </Td>
      <Td className="hidden font-mono text-xs break-all text-soft sm:table-cell">
        {worker.version}
      </Td>
      <Td className="hidden text-xs text-faint lg:table-cell">
        <RelativeTime at={worker.seenAt} />
        <span className="block">
          up since <RelativeTime at={worker.startedAt} />
        </span>
      </Td>
      <Td className="text-right">
        {worker.status !== "stopped" && <DrainButton worker={worker} mayDrain={mayDrain} />}
      </Td>
    </Tr>
  );
}

const NOT_HERE =
  "Workers serve every tenant: draining one is for the people of a tenant that operates the plane.";

function DrainButton({ worker, mayDrain }: { worker: WorkerView; mayDrain: boolean }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const settled = { onSettled: () => queryClient.invalidateQueries(trpc.workers.pathFilter()) };
  const drain = useMutation(trpc.workers.drain.mutationOptions(settled));
  const undrain = useMutation(trpc.workers.undrain.mutationOptions(settled));
  const drained = worker.drainRequestedAt !== null;
  const label = drained ? "Let it claim again" : "Drain";
  if (!mayDrain) {
    return (
      <Tooltip content={NOT_HERE}>
        <Button size="sm" aria-disabled>
          {label}
        </Button>
      </Tooltip>
    );
  }
  return (
    <>
      <RightButton
        permission="worker.manage"
        size="sm"
        aria-label={`${label}: ${worker.name}`}
        title={drained ? undefined : "It ends what it holds and claims nothing more"}
        disabled={drain.isPending || undrain.isPending}
        onClick={() => (drained ? undrain : drain).mutate({ name: worker.name })}
      >
        {drain.isPending ? "Draining…" : undrain.isPending ? "Waking…" : label}
      </RightButton>
      <CommandProblem error={drain.error ?? undrain.error} className="mt-2 text-left" />
    </>
  );
}
