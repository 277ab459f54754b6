"use client";

import { useMutation } from "@tanstack/react-query";
import type { ApprovalGroups, DelegationView } from "@nofx/core/api";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Input, Label, Select } from "@nofx/ui/primitives/input";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { useState } from "react";
import { useSession } from "#features/session/session-provider.tsx";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { usePeopleRefresh } from "./use-people-refresh.ts";

const TONE = { active: "good", coming: "wait", over: "ended", revoked: "ended" } as const;

export function DelegationList({
  delegations,
  people,
}: {
  delegations: readonly DelegationView[];
  people: ApprovalGroups["people"];
}) {
  const trpc = useTRPC();
  const refresh = usePeopleRefresh();
  const revoke = useMutation(trpc.approvals.undelegate.mutationOptions({ onSettled: refresh }));
  return (
    <Section title="Delegations" bodyClassName="flex flex-col">
      {delegations.length > 0 && (
        <Table>
          <THead>
            <Tr>
              <Th>Whose vote</Th>
              <Th>Who votes</Th>
              <Th className="hidden sm:table-cell">Why</Th>
              <Th>Until</Th>
              <Th>
                <span className="sr-only">Take back</span>
              </Th>
            </Tr>
          </THead>
          <TBody>
            {delegations.map((one) => (
              <Tr key={one.id}>
                <Td>{one.from}</Td>
                <Td>{one.to}</Td>
                <Td className="hidden wrap-anywhere sm:table-cell">{one.reason}</Td>
                <Td>
                  <span className="flex flex-wrap items-center gap-1.5">
                    <RelativeTime at={one.endsAt} />
                    <Badge tone={TONE[one.status]}>{one.status}</Badge>
                  </span>
                </Td>
                <Td className="text-right">
                  {(one.status === "active" || one.status === "coming") && (
                    <RightButton
                      size="sm"
                      permission={one.yours ? "approval.decide" : "approval.manage"}
                      disabled={revoke.isPending}
                      onClick={() => revoke.mutate({ delegationId: one.id })}
                    >
                      Take back
                    </RightButton>
                  )}
                </Td>
              </Tr>
            ))}
          </TBody>
        </Table>
      )}
      <CommandProblem error={revoke.error} />
      <DelegateForm people={people} />
    </Section>
  );
}

const HOUR = 3_600_000;
const SPANS = [
  ["For a day", 24],
  ["For a week", 168],
  ["For two weeks", 336],
  ["For 30 days", 720],
] as const;

function DelegateForm({ people }: { people: ApprovalGroups["people"] }) {
  const trpc = useTRPC();
  const refresh = usePeopleRefresh();
  const { user } = useSession();
  const others = people.filter((one) => one.mayDecide && one.userId !== user.id);
  const [to, setTo] = useState("");
  const [hours, setHours] = useState(24);
  const [reason, setReason] = useState("");
  const delegate = useMutation(
    trpc.approvals.delegate.mutationOptions({
      onSuccess: () => setReason(""),
      onSettled: refresh,
    }),
  );
  const send = () =>
    delegate.mutate({
      to,
      reason: reason.trim(),
      endsAt: new Date(Date.now() + hours * HOUR).toISOString(),
    });
  return (
    <form
      className="flex flex-wrap items-end gap-2 border-t border-line p-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (to !== "" && reason.trim() !== "") send();
      }}
    >
      <div className="flex min-w-40 flex-1 flex-col gap-0.5">
        <Label htmlFor="delegate-to">Who votes in your stead</Label>
        <Select id="delegate-to" value={to} onChange={(event) => setTo(event.target.value)}>
          <option value="">Choose somebody who may decide</option>
          {others.map(({ userId, name }) => (
            <option key={userId} value={userId}>
              {name}
            </option>
          ))}
        </Select>
      </div>
      <div className="flex flex-col gap-0.5">
        <Label htmlFor="delegate-for">How long</Label>
        <Select
          id="delegate-for"
          value={hours}
          onChange={(event) => setHours(Number(event.target.value))}
        >
          {SPANS.map(([label, value]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      </div>
      <div className="flex min-w-40 flex-1 flex-col gap-0.5">
        <Label htmlFor="delegate-why">Why</Label>
        <Input
          id="delegate-why"
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
      <RightButton
        permission="approval.decide"
        disabled={to === "" || reason.trim() === "" || delegate.isPending}
        onClick={send}
      >
        Delegate
      </RightButton>
      <CommandProblem error={delegate.error} className="w-full" />
    </form>
  );
}
