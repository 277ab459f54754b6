"use client";

import type { KeyView } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { RefreshCw, Trash2 } from "lucide-react";
import { RightButton } from "#shell/right-button.tsx";

export function KeyTable({
  keys,
  onRotate,
  onRetire,
}: {
  keys: readonly KeyView[];
  onRotate: (key: KeyView) => void;
  onRetire: (key: KeyView) => void;
}) {
  return (
    <Table aria-label="Keys in use">
      <THead>
        <Tr>
          <Th>Provider</Th>
          <Th>Version</Th>
          <Th className="hidden sm:table-cell">Last used</Th>
          <Th className="hidden md:table-cell">Put there</Th>
          <Th>
            <span className="sr-only">Change</span>
          </Th>
        </Tr>
      </THead>
      <TBody>
        {keys.map((key) => (
          <Tr key={key.id}>
            <Td className="min-w-32">
              <span className="font-medium break-all">{key.provider}</span>
              {key.name !== "default" && <span className="text-soft"> {key.name}</span>}
              {key.hint !== "" && (
                <code className="block font-mono text-xs text-faint">ends in {key.hint}</code>
              )}
              {key.note !== "" && (
                <span className="block text-xs wrap-anywhere text-soft">
                  <PlainText text={key.note} />
                </span>
              )}
            </Td>
            <Td>
              <Badge tone="active">v{key.version}</Badge>
              {key.previousUntil !== null && (
                <span className="mt-0.5 block text-xs text-faint">
                  v{key.version - 1} ends <RelativeTime at={key.previousUntil} />
                </span>
              )}
            </Td>
            <Td className="hidden text-xs sm:table-cell">
              {key.lastUsedAt === null ? (
                <span className="text-faint">never</span>
              ) : (
                <>
                  <RelativeTime at={key.lastUsedAt} />
                  <span className="block text-faint">{key.lastUsedFor}</span>
                </>
              )}
            </Td>
            <Td className="hidden text-xs text-faint md:table-cell">
              <RelativeTime at={key.rotatedAt ?? key.createdAt} /> by {key.rotatedBy}
            </Td>
            <Td>
              <span className="flex flex-wrap justify-end gap-1">
                <RightButton
                  permission="key.manage"
                  size="sm"
                  onClick={() => onRotate(key)}
                  aria-label={`Rotate… ${key.provider} ${key.name}`}
                >
                  <RefreshCw aria-hidden />
                  Rotate…
                </RightButton>
                <RightButton
                  permission="key.manage"
                  size="sm"
                  variant="dangerOutline"
                  onClick={() => onRetire(key)}
                  aria-label={`Retire… ${key.provider} ${key.name}`}
                >
                  <Trash2 aria-hidden />
                  Retire…
                </RightButton>
              </span>
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}
