"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { RuleView } from "@nofx/core/api";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { sayLimits, sayScope } from "./say-rule.ts";

/** All that binds the tenant, with what takes it away. */
export function RuleTable({ rules }: { rules: readonly RuleView[] }) {
  return (
    <Table>
      <THead>
        <Tr>
          <Th>Binds</Th>
          <Th>Says</Th>
          <Th>
            <span className="sr-only">Actions</span>
          </Th>
        </Tr>
      </THead>
      <TBody>
        {rules.map((rule) => (
          <Row key={rule.id} rule={rule} />
        ))}
      </TBody>
    </Table>
  );
}

function Row({ rule }: { rule: RuleView }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const settled = { onSettled: () => queryClient.invalidateQueries(trpc.queues.pathFilter()) };
  const resume = useMutation(trpc.queues.resume.mutationOptions(settled));
  const unlimit = useMutation(trpc.queues.unlimit.mutationOptions(settled));
  const limits = sayLimits(rule);
  const scope = sayScope(rule);
  return (
    <Tr>
      <Td className="wrap-anywhere first-letter:uppercase">{scope}</Td>
      <Td>
        <span className="flex flex-wrap items-center gap-1">
          {rule.paused !== null && (
            <span className="text-sm text-wait wrap-anywhere">
              Paused by {rule.paused.by}: {rule.paused.reason}
            </span>
          )}
          {limits.map((limit) => (
            <Badge key={limit}>{limit}</Badge>
          ))}
        </span>
        <CommandProblem error={resume.error ?? unlimit.error} className="mt-2" />
      </Td>
      <Td className="text-right whitespace-nowrap">
        {!rule.mayChange ? (
          <span className="text-xs text-faint">{rule.plane ? "Set by the plane" : ""}</span>
        ) : (
          <span className="inline-flex gap-1.5">
            {rule.paused !== null && (
              <RightButton
                permission="queue.manage"
                size="sm"
                disabled={resume.isPending}
                aria-label={`Resume ${scope}`}
                onClick={() => resume.mutate(scopeOf(rule))}
              >
                Resume
              </RightButton>
            )}
            {limits.length > 0 && (
              <RightButton
                permission="queue.manage"
                variant="ghost"
                size="sm"
                disabled={unlimit.isPending}
                aria-label={`Remove the limits of ${scope}`}
                onClick={() => unlimit.mutate({ ruleId: rule.id })}
              >
                Remove limits
              </RightButton>
            )}
          </span>
        )}
      </Td>
    </Tr>
  );
}

function scopeOf({ queue, type, agent, plane, tenant }: RuleView) {
  return {
    plane,
    ...(queue === null ? {} : { queue }),
    ...(type === null ? {} : { type }),
    ...(agent === null ? {} : { agent }),
    ...(plane && tenant !== null ? { tenant } : {}),
  };
}
