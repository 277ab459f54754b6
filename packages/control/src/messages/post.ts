import { NofxError } from "@nofx/core/errors";
import type { References, RetentionClass } from "@nofx/core/contract";
import { toUuid } from "@nofx/core/vocabulary";
import { postMessage, type ConversationKind, type Executor } from "@nofx/db/queries";
import { forgetKek, kekForContent, type ContentDeps } from "../content/content-kek.ts";
import { sealContent } from "../content/seal-content.ts";

/** Where a message goes, by raw uuids. */
export interface Destination {
  readonly kind: ConversationKind;
  /** Whose channel: of the tenant's own the tenant's uuid. */
  readonly ofId: string;
  readonly runId: string | null;
  readonly channel: string;
}

/** A message that may be sent: who decides that, does so before. Ids are raw uuids. */
export interface Post {
  readonly tenantId: string;
  readonly to: Destination;
  readonly type: string;
  readonly version?: number | undefined;
  readonly payload: unknown;
  readonly class?: RetentionClass | undefined;
  readonly refs?: References | undefined;
  /** It is the value of this key of the conversation from now on. */
  readonly key?: string | undefined;
  /** Only where the key's value is the message of this seq; 0: where it has none. */
  readonly expect?: number | undefined;
  readonly sender: {
    readonly type: "agent" | "member" | "system";
    readonly id: string;
    readonly name: string;
  };
  /** The step that it is sent from; with an epoch, it has to be held under that. */
  readonly from?: { readonly stepId: string; readonly epoch?: number | undefined } | undefined;
  /** What the same sender sends again under this name is the same message. */
  readonly sentAs?: string | undefined;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** A message as it was stored. Ids are raw uuids. */
export interface Posted {
  readonly messageId: string;
  readonly conversationId: string;
  readonly seq: number;
  /** It had been sent before, under its name. */
  readonly repeated: boolean;
  /** What the caller rings after its commit. */
  readonly freed: { readonly for_workers: number; readonly for_agents: number };
}

/** While the KEK changes, what was sealed with the one before is sealed again. */
const TRIES = 3;

/** Seals a message and puts it on the bus, in the caller's transaction. */
export async function post(tx: Executor, deps: ContentDeps, message: Post): Promise<Posted> {
  const { tenantId, to, from, sender } = message;
  const id = deps.newUuid();
  for (let tries = 1; ; tries += 1) {
    const kek = await kekForContent(tx, deps);
    const sealed = await sealContent(message.payload, { tenantId, id }, kek);
    const posted = await postMessage(tx, tenantId, {
      id,
      kind: to.kind,
      of_id: to.ofId,
      run_id: to.runId,
      channel: to.channel,
      type: message.type,
      version: message.version ?? 1,
      correlation_id: message.correlationId,
      causation_id: message.causationId ?? null,
      traceparent: message.traceparent ?? null,
      sealed: base64(sealed.sealed),
      wrapped: base64(sealed.wrapped),
      kek: sealed.kek,
      content_hash: sealed.contentHash,
      class: message.class ?? "standard",
      refs: message.refs === undefined ? null : storedRefs(message.refs),
      key: message.key ?? null,
      ...(message.expect !== undefined && { expect: message.expect }),
      from_step: from?.stepId ?? null,
      epoch: from?.epoch ?? null,
      sent_as: message.sentAs ?? null,
      sender_type: sender.type,
      sender_id: sender.id,
      sender_name: sender.name,
    });
    if (posted === null) throw new NofxError("recipient_unknown", { detail: NO_STEP });
    if (posted.kek_refused === true && tries < TRIES) {
      forgetKek(deps);
      continue;
    }
    if (posted.kek_refused === true) throw new NofxError("unavailable", { retryAfterSeconds: 1 });
    if (posted.conflict !== undefined) {
      throw new NofxError("board_conflict", {
        detail: `Read the board again, then post with expect: ${posted.conflict}.`,
        data: { key: message.key ?? null, seq: posted.conflict, head: posted.head ?? null },
      });
    }
    if (posted.ended === true) {
      throw new NofxError("conflict", {
        detail: "That step has ended and reads no messages any more.",
      });
    }
    const { message_id, conversation_id, seq, repeated, for_workers, for_agents } = posted;
    return {
      messageId: message_id ?? id,
      conversationId: conversation_id ?? "",
      seq: seq ?? 0,
      repeated: repeated ?? false,
      freed: { for_workers, for_agents },
    };
  }
}

const NO_STEP = "There is no such step in this tenant.";

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function storedRefs({ artifacts, checkpoints }: References) {
  return {
    artifacts: artifacts.map((id) => toUuid("artifact", id)),
    checkpoints: checkpoints.map(({ stepId, name }) => ({ step_id: toUuid("step", stepId), name })),
  };
}
