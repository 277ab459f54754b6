import { keepTranscript as store } from "@nofx/db/queries";
import type { Plane } from "../command/plane.ts";
import type { ModelCaller } from "./caller.ts";
import { hooksOf, redact } from "./redact.ts";

/** Keeps what was said, where the tenant wants that: redacted, apart from runs and events, and for its time. */
export async function keepTranscript(
  plane: Plane,
  caller: ModelCaller,
  said: { callId: string; request: unknown; answer: unknown },
): Promise<void> {
  const plain = JSON.parse(JSON.stringify({ request: said.request, answer: said.answer ?? null }));
  const { value, rewritten } = redact(
    plain as { request: unknown; answer: unknown },
    hooksOf(caller.settings.redact),
  );
  await store(
    plane.db,
    caller.claims,
    {
      call_id: said.callId,
      tenant_id: caller.tenantId,
      request: value.request,
      answer: value.answer,
      redacted: rewritten,
    },
    caller.settings.transcriptDays,
  );
}
