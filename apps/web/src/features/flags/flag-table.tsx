"use client";

import type { FlagView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Power, PowerOff } from "lucide-react";
import { RightButton } from "#shell/right-button.tsx";

export function FlagTable({
  flags,
  onSwitch,
}: {
  flags: readonly FlagView[];
  onSwitch: (flag: FlagView) => void;
}) {
  return (
    <Table>
      <THead>
        <Tr>
          <Th>Flag</Th>
          <Th>State</Th>
          <Th className="hidden sm:table-cell">Last changed</Th>
          <Th>
            <span className="sr-only">Switch</span>
          </Th>
        </Tr>
      </THead>
      <TBody>
        {flags.map((flag) => (
          <Tr key={flag.name}>
            <Td className="min-w-48">
              <span className="font-medium">{flag.title}</span>
              <code className="block font-mono text-xs break-all text-faint">{flag.name}</code>
              <span className="block text-xs text-soft">{flag.description}</span>
            </Td>
            <Td>
              <FlagBadge enabled={flag.enabled} />
              {flag.source !== "tenant" && (
                <span className="mt-0.5 block text-xs text-faint">
                  {flag.source === "default" ? "by default" : "by the server's environment"}
                </span>
              )}
            </Td>
            <Td className="hidden max-w-72 text-xs sm:table-cell">
              {flag.updatedAt === null ? (
                <span className="text-faint">never</span>
              ) : (
                <>
                  <span className="text-faint">
                    <RelativeTime at={flag.updatedAt} /> by {flag.updatedBy}
                  </span>
                  <span className="block wrap-anywhere text-soft">{flag.note}</span>
                </>
              )}
            </Td>
            <Td className="text-right">
              <RightButton
                permission="flag.manage"
                size="sm"
                onClick={() => onSwitch(flag)}
                aria-label={`Switch ${flag.enabled ? "off" : "on"}… ${flag.name}`}
              >
                {flag.enabled ? <PowerOff aria-hidden /> : <Power aria-hidden />}
                Switch {flag.enabled ? "off" : "on"}…
              </RightButton>
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}

/** On or off, in words and colour. */
export function FlagBadge({ enabled }: { enabled: boolean }) {
  return (
    <Badge tone={enabled ? "good" : "wait"}>
      {enabled ? <Power aria-hidden /> : <PowerOff aria-hidden />}
      {enabled ? "On" : "Off"}
    </Badge>
  );
}
