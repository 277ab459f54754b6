"use client";

import { useQuery } from "@tanstack/react-query";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { EmptyState } from "@nofx/ui/blocks/states";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { CircleDot, CirclePause, Inbox, Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { ReceiverActions } from "./receiver-actions.tsx";

const AddReceiverDialog = dynamic(() =>
  import("./add-receiver-dialog.tsx").then((module) => module.AddReceiverDialog),
);

const LOOK = {
  active: { label: "Active", tone: "good", icon: CircleDot },
  disabled: { label: "Switched off", tone: "ended", icon: CirclePause },
} as const;

/** Whose signed word is taken for a decision. */
export function Receivers() {
  const trpc = useTRPC();
  const [adding, setAdding] = useState(false);
  const receivers = useQuery(trpc.inbound.list.queryOptions({}));
  const items = receivers.data?.items ?? [];
  const add = (
    <RightButton permission="settings.write" onClick={() => setAdding(true)}>
      <Plus aria-hidden />
      Add a receiver…
    </RightButton>
  );
  return (
    <Section title="Decisions that come in" actions={items.length > 0 && add}>
      <QueryView query={receivers} what="receivers">
        {() =>
          items.length === 0 ? (
            <EmptyState icon={Inbox} title="Decisions are taken on our own pages only" action={add}>
              A receiver takes the signed word of another program, such as a list of todos, for what
              a member decided. It counts as their vote, and is judged as one.
            </EmptyState>
          ) : (
            <Table>
              <THead>
                <Tr>
                  <Th>Receiver</Th>
                  <Th>Status</Th>
                  <Th className="hidden sm:table-cell">Speaks for</Th>
                  <Th className="hidden md:table-cell">Last used</Th>
                  <Th>
                    <span className="sr-only">Actions</span>
                  </Th>
                </Tr>
              </THead>
              <TBody>
                {items.map((receiver) => (
                  <Tr key={receiver.id}>
                    <Td className="min-w-40">
                      <span className="font-medium">{receiver.name}</span>
                      <code className="block font-mono text-xs break-all text-faint">
                        POST {receiver.path}
                      </code>
                      {receiver.description !== "" && (
                        <span className="block text-soft">
                          <PlainText text={receiver.description} />
                        </span>
                      )}
                    </Td>
                    <Td>
                      <LookBadge look={LOOK[receiver.status]} />
                    </Td>
                    <Td className="hidden text-xs text-soft sm:table-cell">
                      {receiver.actsFor
                        .filter(({ member }) => member)
                        .map(({ userId, name }) => (
                          <span key={userId} className="block">
                            <PlainText text={name} />
                          </span>
                        ))}
                      <span className="text-faint">
                        {receiver.decisions.join(", ")}
                        {receiver.subjects.length > 0 && `: ${receiver.subjects.join(", ")}`}
                      </span>
                    </Td>
                    <Td className="hidden text-xs text-faint md:table-cell">
                      {receiver.lastUsedAt === null ? (
                        "never"
                      ) : (
                        <>
                          <RelativeTime at={receiver.lastUsedAt} />
                          <code className="block font-mono">{receiver.lastOutcome}</code>
                        </>
                      )}
                    </Td>
                    <Td>
                      <ReceiverActions receiver={receiver} />
                    </Td>
                  </Tr>
                ))}
              </TBody>
            </Table>
          )
        }
      </QueryView>
      {adding && <AddReceiverDialog onClose={() => setAdding(false)} />}
    </Section>
  );
}
