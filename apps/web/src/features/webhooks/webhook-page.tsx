"use client";

import { useQuery } from "@tanstack/react-query";
import type { WebhookView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import Link from "next/link";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { Deliveries } from "./deliveries.tsx";
import { WebhookActions } from "./webhook-actions.tsx";
import { webhookLook, webhookName, webhookTrouble } from "./webhook-look.ts";

/** Deliveries make no events of their own: looked at anew while on screen. */
const EVERY_MS = 5_000;

export function WebhookPage({ webhookId }: { webhookId: string }) {
  const trpc = useTRPC();
  const webhook = useQuery({
    ...trpc.webhooks.get.queryOptions({ webhookId }),
    refetchInterval: EVERY_MS,
  });
  return (
    <QueryView
      query={webhook}
      what="this webhook"
      skeleton={<PageSkeleton label="Loading the webhook" />}
    >
      {(data) => <Webhook webhook={data} />}
    </QueryView>
  );
}

function Webhook({ webhook }: { webhook: WebhookView }) {
  const look = webhookLook(webhook);
  const trouble = webhookTrouble(webhook);
  return (
    <>
      <PageHeader
        back={<Link href="/webhooks">Webhooks</Link>}
        title={<span className="font-mono text-lg break-all">{webhookName(webhook)}</span>}
        badges={<LookBadge look={look} />}
        meta={
          <>
            <span>
              added <RelativeTime at={webhook.createdAt} /> by {webhook.createdBy}
            </span>
            <IdChip id={webhook.id} />
          </>
        }
        actions={<WebhookActions webhook={webhook} />}
      />
      {trouble !== undefined && (
        <Callout tone={look.tone} icon={look.icon} title={trouble}>
          {webhook.failingSince !== null && webhook.status === "active" && (
            <>
              since <RelativeTime at={webhook.failingSince} />, {webhook.attempts} attempts; next{" "}
              <RelativeTime at={webhook.nextAt} />
            </>
          )}
        </Callout>
      )}
      <Section title="Facts" bodyClassName="p-3">
        <KeyValue>
          {webhook.description !== "" && <Fact name="For">{webhook.description}</Fact>}
          <Fact name="Told of">
            {webhook.events.length === 0 ? (
              "all events"
            ) : (
              <span className="flex flex-wrap gap-x-3 font-mono text-xs">
                {webhook.events.map((type) => (
                  <span key={type}>{type}</span>
                ))}
              </span>
            )}
          </Fact>
          {webhook.format !== "nofx" && (
            <Fact name="Titles and names">{webhook.titles ? "told" : "not told"}</Fact>
          )}
          {webhook.format === "email" && (
            <Fact name="Mails go to">
              {webhook.recipients.map(({ userId, name, email, member }) => (
                <span key={userId} className="block">
                  {member ? (
                    <PlainText text={`${name} <${email}>`} />
                  ) : (
                    <span className="text-faint">somebody who is no member any more: none</span>
                  )}
                </span>
              ))}
            </Fact>
          )}
          <Fact name="Delivered up to">
            sequence {webhook.seq.toLocaleString("en")}
            {webhook.behind > 0 && `, ${webhook.behind.toLocaleString("en")} behind`}
          </Fact>
        </KeyValue>
      </Section>
      <Deliveries webhookId={webhook.id} every={EVERY_MS} />
    </>
  );
}
