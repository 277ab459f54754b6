"use client";

import { useMutation } from "@tanstack/react-query";
import type { PolicyProblem, PolicyView } from "@nofx/core/api";
import { Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Input, Label, Textarea } from "@nofx/ui/primitives/input";
import { Save, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { RouterInputs } from "#server/root.ts";
import { CommandProblem } from "#shell/complain.tsx";
import { parseObject } from "#shell/parse-object.ts";
import { RightButton } from "#shell/right-button.tsx";
import { useRoutingRefresh } from "#shell/use-routing-refresh.ts";
import { useTRPC } from "#trpc/react.tsx";
import { PolicyHelp } from "./policy-help.tsx";
import { usePolicyCheck } from "./use-policy-check.ts";
import { WhatIfPanel } from "./what-if-panel.tsx";

const NEW = {
  engine: "v2",
  rules: [
    { when: "request.inputTokens < 2000", strategy: { type: "cost" } },
    { strategy: { type: "balanced", weights: { cost: 0.4, latency: 0.2, quality: 0.4 } } },
  ],
};

/** Writes a policy: checked while it is typed, tried on a request before it is saved. */
export function PolicyEditor({ policy, ownVersion }: { policy?: PolicyView; ownVersion: number }) {
  const trpc = useTRPC();
  const router = useRouter();
  const refresh = useRoutingRefresh();
  const [name, setName] = useState(policy?.name ?? "");
  const [note, setNote] = useState("");
  const [text, setText] = useState(() => JSON.stringify(policy?.document ?? NEW, null, 2));
  const parsed = parseObject(text);
  const document = "problem" in parsed ? undefined : parsed.value;
  const check = usePolicyCheck(document);
  const save = useMutation(
    trpc.routing.savePolicy.mutationOptions({
      onSettled: refresh,
      onSuccess: () => {
        setNote("");
        router.push(`/policies/${encodeURIComponent(name)}`);
      },
    }),
  );
  const remove = useMutation(
    trpc.routing.removePolicy.mutationOptions({
      onSettled: refresh,
      onSuccess: () => router.push("/policies"),
    }),
  );
  const usable = document !== undefined && check.isCurrent && check.data?.ok === true;
  return (
    <>
      <Section title="Document" bodyClassName="flex flex-col gap-3 p-3">
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            const input = { name, replaces: ownVersion, document, note: note.trim() };
            save.mutate(input as RouterInputs["routing"]["savePolicy"]);
          }}
        >
          {policy === undefined && (
            <div className="flex max-w-80 flex-col gap-1">
              <Label htmlFor="policy-name">Name</Label>
              <Input
                id="policy-name"
                required
                pattern="[a-z0-9][a-z0-9_\-]*"
                maxLength={64}
                spellCheck={false}
                placeholder="nightly"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            </div>
          )}
          <div className="flex flex-col gap-1">
            <Label htmlFor="policy-document">
              Rules from the top; the first that holds decides
            </Label>
            <Textarea
              id="policy-document"
              spellCheck={false}
              className="h-80 font-mono text-xs"
              aria-invalid={!usable}
              aria-describedby="policy-check"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
            <div id="policy-check" role="status" className="min-h-5 text-xs">
              {"problem" in parsed ? (
                <p className="text-bad">{parsed.problem}</p>
              ) : (
                <Findings
                  problems={check.data?.problems ?? []}
                  warnings={check.data?.warnings ?? []}
                  isChecked={check.data !== undefined}
                />
              )}
              <CommandProblem error={check.error} />
            </div>
          </div>
          <PolicyHelp />
          <div className="flex flex-wrap items-end gap-2">
            <div className="flex min-w-60 flex-1 flex-col gap-1">
              <Label htmlFor="policy-note">Why</Label>
              <Input
                id="policy-note"
                required
                maxLength={500}
                placeholder="Cheaper for what is short"
                value={note}
                onChange={(event) => setNote(event.target.value)}
              />
            </div>
            {policy?.origin === "tenant" && (
              <RightButton
                permission="router.manage"
                disabled={remove.isPending || note.trim() === ""}
                onClick={() => remove.mutate({ name, replaces: ownVersion, note: note.trim() })}
              >
                <Trash2 aria-hidden />
                Remove ours
              </RightButton>
            )}
            <Button onClick={() => router.push("/policies")}>Cancel</Button>
            <RightButton
              permission="router.manage"
              type="submit"
              variant="primary"
              disabled={save.isPending || !usable}
            >
              <Save aria-hidden />
              Save as version {ownVersion + 1}
            </RightButton>
          </div>
          <CommandProblem error={save.error ?? remove.error} />
        </form>
      </Section>
      <WhatIfPanel draft={{ document: document ?? {} }} />
    </>
  );
}

function Findings({
  problems,
  warnings,
  isChecked,
}: {
  problems: readonly PolicyProblem[];
  warnings: readonly PolicyProblem[];
  isChecked: boolean;
}) {
  if (!isChecked) return null;
  return (
    <ul className="flex flex-col gap-0.5">
      {problems.map((one) => (
        <li key={`${one.path} ${one.message}`} className="text-bad">
          {told(one)}
        </li>
      ))}
      {warnings.map((one) => (
        <li key={`${one.path} ${one.message}`} className="text-warn">
          {told(one)}
        </li>
      ))}
      {problems.length === 0 && <li className="text-soft">It can be saved.</li>}
    </ul>
  );
}

const told = ({ path, message, line, column }: PolicyProblem) =>
  `${path === "" ? "document" : path}${line === null ? "" : `, line ${line}, column ${column}`}: ${message}`;
