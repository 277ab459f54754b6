"use client";

import { useMutation } from "@tanstack/react-query";
import type { ApprovalGroups, ApprovalGroupView, ApprovalView } from "@nofx/core/api";
import { Section } from "@nofx/ui/blocks/page-header";
import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { Input, Label, Select } from "@nofx/ui/primitives/input";
import { type ReactNode, useState } from "react";
import { useRight } from "#features/session/session-provider.tsx";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { SUBJECTS } from "./search-params.ts";
import { usePeopleRefresh } from "./use-people-refresh.ts";

type Rule = ApprovalGroups["rules"][number];

/** Who has to say yes to what. The most exact rule holds; without one, a yes of anybody who may decide is enough. */
export function RuleList({
  rules,
  groups,
}: {
  rules: readonly Rule[];
  groups: readonly ApprovalGroupView[];
}) {
  const trpc = useTRPC();
  const refresh = usePeopleRefresh();
  const { allowed } = useRight("approval.manage");
  const put = useMutation(trpc.approvals.putRule.mutationOptions({ onSettled: refresh }));
  return (
    <Section title="Rules" bodyClassName="flex flex-col">
      {rules.length === 0 ? (
        <p className="p-3 text-sm text-soft">
          There is none: one yes of anybody who may decide is enough, and one no ends it.
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {rules.map((rule) => (
            <li
              key={`${rule.subject} ${rule.risk}`}
              className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-sm"
            >
              <span className="min-w-0 flex-1">
                <strong className="font-medium">{sayScope(rule)}</strong>: {sayRule(rule.rule)}
              </span>
              <RightButton
                size="sm"
                permission="approval.manage"
                disabled={put.isPending}
                onClick={() => put.mutate({ subject: rule.subject, risk: rule.risk, rule: null })}
              >
                Take away
              </RightButton>
            </li>
          ))}
        </ul>
      )}
      {allowed ? (
        <RuleForm
          groups={groups}
          pending={put.isPending}
          onPut={(subject, risk, rule) => put.mutate({ subject, risk, rule })}
        />
      ) : (
        <p className="border-t border-line p-3 text-xs text-faint">An admin writes rules.</p>
      )}
      <CommandProblem error={put.error} />
    </Section>
  );
}

function sayScope({ subject, risk }: Rule): string {
  const about = SUBJECTS.find(({ value }) => value === subject)?.label ?? "Anything";
  return risk === "*" ? about : `${about} of risk ${risk}`;
}

function sayRule({ quorum, groups, veto, escalateTo }: Rule["rule"]): string {
  const parts = [
    quorum === 1 ? "one yes" : `${quorum} people say yes`,
    ...groups.map(({ group, k }) => `${k} of ${group}`),
    veto ? "one no ends it" : "as many noes as yeses",
    ...(escalateTo === undefined ? [] : [`then ${escalateTo} too`]),
  ];
  return parts.join(", ");
}

function RuleForm({
  groups,
  pending,
  onPut,
}: {
  groups: readonly ApprovalGroupView[];
  pending: boolean;
  onPut: (
    subject: ApprovalView["subject"] | "*",
    risk: string,
    rule: {
      quorum: number;
      groups: { group: string }[];
      veto: boolean;
      escalateTo?: string;
    },
  ) => void;
}) {
  const [subject, setSubject] = useState<ApprovalView["subject"] | "*">("*");
  const [risk, setRisk] = useState("");
  const [quorum, setQuorum] = useState(2);
  const [group, setGroup] = useState("");
  const [next, setNext] = useState("");
  const [veto, setVeto] = useState(true);
  const groupOptions = groups.map(({ name }) => (
    <option key={name} value={name}>
      {name}
    </option>
  ));
  const send = () =>
    onPut(subject, risk.trim() === "" ? "*" : risk.trim(), {
      quorum,
      groups: group === "" ? [] : [{ group }],
      veto,
      ...(next === "" ? {} : { escalateTo: next }),
    });
  return (
    <form
      className="flex flex-wrap items-end gap-2 border-t border-line p-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Field id="rule-about" label="About">
        <Select
          id="rule-about"
          value={subject}
          onChange={(event) => setSubject(event.target.value as typeof subject)}
        >
          <option value="*">Anything</option>
          {SUBJECTS.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      </Field>
      <Field id="rule-risk" label="Of risk">
        <Input
          id="rule-risk"
          placeholder="any"
          className="w-28"
          value={risk}
          onChange={(event) => setRisk(event.target.value)}
        />
      </Field>
      <Field id="rule-quorum" label="People">
        <Input
          id="rule-quorum"
          type="number"
          min={1}
          max={20}
          className="w-20"
          value={quorum}
          onChange={(event) => setQuorum(Number(event.target.value))}
        />
      </Field>
      <Field id="rule-group" label="One of them of">
        <Select id="rule-group" value={group} onChange={(event) => setGroup(event.target.value)}>
          <option value="">no group</option>
          {groupOptions}
        </Select>
      </Field>
      <Field id="rule-next" label="Escalate to">
        <Select id="rule-next" value={next} onChange={(event) => setNext(event.target.value)}>
          <option value="">nobody</option>
          {groupOptions}
        </Select>
      </Field>
      <div className="flex h-8 items-center gap-2">
        <Checkbox
          id="rule-veto"
          checked={veto}
          onChange={(event) => setVeto(event.target.checked)}
        />
        <Label htmlFor="rule-veto">One no ends it</Label>
      </div>
      <RightButton permission="approval.manage" disabled={pending} onClick={send}>
        Save the rule
      </RightButton>
    </form>
  );
}

function Field({ id, label, children }: { id: string; label: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-0.5">
      <Label htmlFor={id}>{label}</Label>
      {children}
    </div>
  );
}
