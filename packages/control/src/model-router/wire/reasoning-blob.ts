import type { SharedV4ProviderMetadata, SharedV4ProviderOptions } from "@ai-sdk/provider";
import { z } from "zod";

const text = z.string().max(1_000_000).optional();

/** What providers want to see again with the reasoning that they once told: signatures and sealed text, nothing that steers a call. */
const Sealed = z.object({
  openai: z.object({ itemId: text, reasoningEncryptedContent: text }).optional(),
  anthropic: z.object({ signature: text, redactedData: text }).optional(),
  google: z.object({ thoughtSignature: text }).optional(),
});

/** For `encrypted_content`; undefined where the provider gave nothing to keep. */
export function sealReasoning(metadata: SharedV4ProviderMetadata | undefined): string | undefined {
  const parsed = Sealed.safeParse(metadata ?? {});
  const kept = parsed.data;
  if (kept === undefined || !Object.values(kept).some(hasContent)) return undefined;
  return Buffer.from(JSON.stringify(kept)).toString("base64url");
}

const hasContent = (one: object | undefined) =>
  one !== undefined &&
  Object.entries(one).some(([name, value]) => name !== "itemId" && value !== undefined);

/** Undefined where it is not ours: reasoning that nobody can open is left out. */
export function unsealReasoning(
  content: string | null | undefined,
): SharedV4ProviderOptions | undefined {
  if (content == null) return undefined;
  try {
    const json: unknown = JSON.parse(Buffer.from(content, "base64url").toString());
    const kept = Sealed.safeParse(json).data;
    if (kept === undefined) return undefined;
    return JSON.parse(JSON.stringify(kept)) as SharedV4ProviderOptions;
  } catch {
    return undefined;
  }
}
