import { NofxError } from "@nofx/core/errors";
import { sendMessage, type MessageToStep, type SentMessage } from "@nofx/db/leases";
import type { Executor } from "@nofx/db/queries";
import { forgetKek, kekForContent, type ContentDeps } from "../content/content-kek.ts";
import { sealContent } from "../content/seal-content.ts";

/** While the KEK changes, what was sealed with the one before is sealed again. */
const TRIES = 3;

/** Seals a message and puts it into a step's mailbox. Undefined where the sender can reach no such step. */
export async function toMailbox(
  tx: Executor,
  deps: ContentDeps,
  message: Omit<MessageToStep, "sealed" | "payload"> & { readonly payload: unknown },
  by: { readonly type: string; readonly id: string; readonly name: string },
): Promise<SentMessage | undefined> {
  const { payload, ...rest } = message;
  const id = deps.newUuid();
  for (let tries = 1; ; tries += 1) {
    const kek = await kekForContent(tx, deps);
    const { sealed, wrapped, contentHash, ...under } = await sealContent(
      payload,
      { tenantId: message.tenantId, id },
      kek,
    );
    const stored = {
      id,
      sealed: Buffer.from(sealed).toString("base64"),
      wrapped: Buffer.from(wrapped).toString("base64"),
      kek: under.kek,
      content_hash: contentHash,
      sender_name: by.name,
    };
    const sent = await sendMessage(tx, { ...rest, sealed: stored }, by);
    if (sent?.kek_refused !== true) return sent;
    forgetKek(deps);
    if (tries >= TRIES) throw new NofxError("unavailable", { retryAfterSeconds: 1 });
  }
}
