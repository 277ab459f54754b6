"use client";

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { EmptyState } from "@nofx/ui/blocks/states";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Button } from "@nofx/ui/primitives/button";
import { Input, Label } from "@nofx/ui/primitives/input";
import { EyeOff, MessagesSquare } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";
import { RedactDialog } from "./redact-dialog.tsx";
import { sayTo, textOf } from "./say-message.ts";
import type { RunMessage } from "./types.ts";

const AT_A_TIME = 100;

/** What was said in a run, oldest first, each where its sender stands in the tree. */
export function RunMessages({ runId, over }: { runId: string; over: boolean }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [redacting, setRedacting] = useState<RunMessage>();
  const messages = useInfiniteQuery({
    queryKey: [...trpc.messages.ofRun.queryKey({ runId }), "pages"],
    queryFn: ({ pageParam, signal }) =>
      client.messages.ofRun.query({ runId, after: pageParam, limit: AT_A_TIME }, { signal }),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.more ? page.next : undefined),
  });
  const rows = messages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <QueryView query={messages} what="messages">
        {() =>
          rows.length === 0 ? (
            <EmptyState icon={MessagesSquare} title="Nothing was said yet">
              What agents say to each other, hand over and post to a session&rsquo;s board stands
              here, and what people say to them.
            </EmptyState>
          ) : (
            <>
              <ol className="divide-y divide-line" aria-label="Messages of this run">
                {rows.map((message) => (
                  <Message
                    key={message.messageId}
                    of={message}
                    onRedact={() => setRedacting(message)}
                  />
                ))}
              </ol>
              {messages.hasNextPage && (
                <div className="flex justify-center border-t border-line p-2">
                  <Button
                    size="sm"
                    disabled={messages.isFetchingNextPage}
                    onClick={() => void messages.fetchNextPage()}
                  >
                    Later ones
                  </Button>
                </div>
              )}
            </>
          )
        }
      </QueryView>
      {!over && <Say runId={runId} />}
      {redacting !== undefined && (
        <RedactDialog message={redacting} onClose={() => setRedacting(undefined)} />
      )}
    </>
  );
}

function Message({ of: message, onRedact }: { of: RunMessage; onRedact: () => void }) {
  const { redacted } = message;
  return (
    <li className="flex gap-2 px-3 py-2 text-sm">
      <span
        className="mt-0.5 shrink-0 font-mono text-2xs text-faint"
        title={message.path ?? undefined}
        aria-label={message.depth === null ? "from a person" : `level ${message.depth}`}
      >
        {message.depth === null ? "•" : "│".repeat(Math.min(message.depth, 8)) + "└"}
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-0.5 text-xs text-faint">
          <span className="font-medium text-text">{message.from.name}</span>
          {message.role !== null && <Badge>{message.role}</Badge>}
          {message.stepName !== null && <code className="font-mono">{message.stepName}</code>}
          <span>to {sayTo(message)}</span>
          <code className="font-mono">{message.type}</code>
          {message.held && <Badge tone="warn">legal hold</Badge>}
          {message.class !== "standard" && <Badge>{message.class}</Badge>}
          <span className="ml-auto whitespace-nowrap">
            <RelativeTime at={message.sentAt} />
          </span>
        </p>
        {redacted === null ? (
          <pre className="mt-0.5 max-h-60 overflow-auto font-sans text-sm wrap-anywhere whitespace-pre-wrap">
            {message.key !== null && <code className="font-mono text-xs">{message.key} = </code>}
            {textOf(message.payload)}
          </pre>
        ) : (
          <p className="mt-0.5 flex flex-wrap items-center gap-1.5 text-soft italic">
            <EyeOff aria-hidden className="size-3.5" />
            Redacted by {redacted.by}: {redacted.why}
          </p>
        )}
      </div>
      {redacted === null && (
        <RightButton
          size="sm"
          permission="message.redact"
          aria-label={`Redact what ${message.from.name} said`}
          onClick={onRedact}
        >
          Redact…
        </RightButton>
      )}
    </li>
  );
}

/** Says something to all who work on the run. */
function Say({ runId }: { runId: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [text, setText] = useState("");
  const send = useMutation(
    trpc.messages.send.mutationOptions({
      onSuccess: () => setText(""),
      onSettled: () => queryClient.invalidateQueries(trpc.messages.pathFilter()),
    }),
  );
  return (
    <form
      className="flex flex-col gap-1 border-t border-line p-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "") send.mutate({ runId, payload: { text: text.trim() } });
      }}
    >
      <Label htmlFor="say">Say to all who work on this run</Label>
      <div className="flex gap-2">
        <Input
          id="say"
          maxLength={4_000}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <RightButton permission="run.control" type="submit" disabled={send.isPending}>
          Send
        </RightButton>
      </div>
      <CommandProblem error={send.error} />
    </form>
  );
}
