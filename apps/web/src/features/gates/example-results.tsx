"use client";

import type { TestRuleResult } from "@nofx/core/api";
import { CircleCheck, CircleX } from "lucide-react";
import { complaintOf } from "#trpc/problem.ts";

/** What each example comes to, as the rule stands. */
export function ExampleResults({
  problem,
  error,
  tried,
}: {
  problem: string | undefined;
  error: unknown;
  tried: TestRuleResult | undefined;
}) {
  if (problem !== undefined) return <p className="text-sm text-bad">{problem}</p>;
  if (error !== null) {
    const { title, detail, issues } = complaintOf(error);
    const [first] = issues ?? [];
    return (
      <p className="text-sm text-bad">
        {first === undefined ? (detail ?? title) : `${first.path}: ${first.message}`}
      </p>
    );
  }
  if (tried === undefined) return <p className="text-sm text-soft">Being tried…</p>;
  if (tried.problem !== null) {
    return <p className="text-sm text-soft">They are tried once the condition can be read.</p>;
  }
  return (
    <ul aria-label="Results of the examples" className="flex flex-col gap-1 text-sm">
      {tried.examples.map(({ name, expect, got, ok, steps, error: failed }, at) => {
        const Icon = ok ? CircleCheck : CircleX;
        return (
          <li key={at} className="flex gap-2">
            <Icon
              aria-hidden
              className={ok ? "mt-0.5 size-4 text-good" : "mt-0.5 size-4 text-bad"}
            />
            <span>
              <span className="font-medium">{name}</span>:{" "}
              {failed ??
                (got === "fail"
                  ? `found${steps.length > 0 ? ` in ${steps.join(", ")}` : ""}`
                  : "nothing found")}
              {!ok && <span className="text-bad">, and it has to {expect}</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
