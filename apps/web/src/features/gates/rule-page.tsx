"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { GateRuleDetail } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { Label, Select } from "@nofx/ui/primitives/input";
import { GATE } from "@nofx/ui/tokens/status";
import { Lock, Power } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { CommandProblem } from "#shell/complain.tsx";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useRight } from "#features/session/session-provider.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useGatesRefresh } from "./use-gates-refresh.ts";

const RuleEditor = dynamic(() => import("./rule-editor.tsx").then((module) => module.RuleEditor));

const POLICY = { none: "nobody", one: "one person", two: "two people" } as const;

export function RulePage({ name }: { name: string }) {
  const trpc = useTRPC();
  const rule = useQuery(trpc.gates.rule.queryOptions({ name }));
  return (
    <QueryView query={rule} what="this rule" skeleton={<PageSkeleton label="Loading the rule" />}>
      {(data) => <Rule rule={data} />}
    </QueryView>
  );
}

function Rule({ rule }: { rule: GateRuleDetail }) {
  const trpc = useTRPC();
  const refresh = useGatesRefresh();
  const change = useMutation(trpc.gates.switchRule.mutationOptions({ onSettled: refresh }));
  const { allowed } = useRight("gate.manage");
  return (
    <>
      <PageHeader
        back={<Link href="/gates">Gates</Link>}
        title={<span className="font-mono break-all">{rule.name}</span>}
        badges={rule.enabled && <VerdictBadge verdict={rule.verdict} />}
        meta={
          <>
            <span>
              {GATE[rule.gate].label}, version {rule.version}
              {!rule.enabled && ", switched off"}
            </span>
            <span>{rule.hits} of the last 100 plans</span>
            {rule.changedAt !== null && (
              <span>
                changed <RelativeTime at={rule.changedAt} /> by {rule.changedBy}
              </span>
            )}
          </>
        }
        actions={
          !rule.locked && (
            <RightButton
              permission="gate.manage"
              disabled={change.isPending}
              onClick={() => change.mutate({ name: rule.name, enabled: !rule.enabled })}
            >
              <Power aria-hidden />
              {rule.enabled ? "Switch off" : "Switch on"}
            </RightButton>
          )
        }
      />
      {rule.locked && (
        <Callout tone="neutral" icon={Lock} title="It holds for everyone">
          What it finds could not be run, so it can be neither switched off nor overridden.
        </Callout>
      )}
      <CommandProblem error={change.error} />
      {rule.origin === "built_in" ? (
        <Section title="What it does" bodyClassName="flex flex-col gap-3 p-3">
          <KeyValue>
            <Fact name="Finds">{rule.finds}</Fact>
            <Fact name="Advice">{rule.tip}</Fact>
            <Fact name="Overridden by">{POLICY[rule.override]}</Fact>
          </KeyValue>
          {!rule.locked && (
            <div className="flex max-w-md flex-col gap-1">
              <Label htmlFor="rule-own-verdict">Its verdict in this tenant</Label>
              <Select
                id="rule-own-verdict"
                disabled={!allowed || change.isPending}
                value={rule.versions[0]?.verdict ?? ""}
                onChange={(event) => {
                  const verdict = event.target.value as "" | "allow" | "warn" | "block";
                  change.mutate({ name: rule.name, verdict: verdict === "" ? null : verdict });
                }}
              >
                <option value="">as the rule says</option>
                <option value="allow">always allow: only tell</option>
                <option value="warn">always warn</option>
                <option value="block">always block</option>
              </Select>
            </div>
          )}
        </Section>
      ) : (
        <RuleEditor key={rule.version} rule={rule} />
      )}
      {rule.versions.length > 0 && (
        <Section title="Versions">
          <ol className="divide-y divide-line">
            {rule.versions.map((one) => (
              <li key={one.version} className="flex flex-wrap gap-x-3 px-3 py-2 text-sm">
                <span className="w-6 tabular-nums">{one.version}</span>
                <span className="text-soft">
                  {one.enabled ? (one.verdict ?? "as the rule says") : "off"}
                </span>
                {one.condition !== null && (
                  <code className="min-w-0 flex-1 truncate font-mono text-xs">{one.condition}</code>
                )}
                <span className="ml-auto text-xs text-soft">
                  {one.by}, <RelativeTime at={one.at} />
                </span>
              </li>
            ))}
          </ol>
        </Section>
      )}
    </>
  );
}
