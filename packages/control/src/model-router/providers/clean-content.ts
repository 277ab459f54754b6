import type {
  LanguageModelV4Content,
  LanguageModelV4StreamPart,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import type { SecretFilter } from "./secret-filter.ts";

/** What of a part goes on: what was said, without a secret that was echoed; of the provider's own remarks the seals of its reasoning. */
export function cleanContent(
  part: LanguageModelV4Content,
  filter: SecretFilter,
): LanguageModelV4Content[] {
  const seals = sealsOf(part.providerMetadata);
  switch (part.type) {
    case "text":
      return [{ type: "text", text: filter.clean(part.text), ...seals }];
    case "reasoning":
      return [{ type: "reasoning", text: filter.clean(part.text), ...seals }];
    case "tool-call":
      return [
        {
          type: "tool-call",
          toolCallId: filter.clean(part.toolCallId),
          toolName: filter.clean(part.toolName),
          input: filter.clean(part.input),
          ...seals,
        },
      ];
    default:
      return [];
  }
}

/** Goes through a stream's parts in their order: text is held back where it may be the beginning of the secret. */
export function partCleaner(
  filter: SecretFilter,
): (part: LanguageModelV4StreamPart) => LanguageModelV4StreamPart[] {
  const open = new Map<string, ReturnType<SecretFilter["stream"]>>();
  const push = (key: string, piece: string): string => {
    const stream = open.get(key) ?? filter.stream();
    open.set(key, stream);
    return stream.push(piece);
  };
  const end = (key: string): string => {
    const rest = open.get(key)?.end() ?? "";
    open.delete(key);
    return rest;
  };
  return (part) => {
    switch (part.type) {
      case "text-start":
      case "reasoning-start":
        return [{ type: part.type, id: part.id, ...sealsOf(part.providerMetadata) }];
      case "text-delta":
      case "reasoning-delta":
      case "tool-input-delta": {
        const seals = sealsOf(part.providerMetadata);
        const delta = push(`${part.type} ${part.id}`, part.delta);
        if (delta === "" && seals.providerMetadata === undefined) return [];
        return [{ type: part.type, id: part.id, delta, ...seals }];
      }
      case "text-end":
      case "reasoning-end":
      case "tool-input-end": {
        const type = DELTA_OF[part.type];
        const rest = end(`${type} ${part.id}`);
        const ended = { type: part.type, id: part.id, ...sealsOf(part.providerMetadata) };
        return rest === "" ? [ended] : [{ type, id: part.id, delta: rest }, ended];
      }
      case "tool-input-start":
        return [{ type: part.type, id: part.id, toolName: filter.clean(part.toolName) }];
      case "tool-call":
        return cleanContent(part, filter).filter((one) => one.type === "tool-call");
      default:
        return [];
    }
  };
}

const DELTA_OF = {
  "text-end": "text-delta",
  "reasoning-end": "reasoning-delta",
  "tool-input-end": "tool-input-delta",
} as const;

const SEALS = [
  "itemId",
  "reasoningEncryptedContent",
  "signature",
  "redactedData",
  "thoughtSignature",
];

function sealsOf(metadata: SharedV4ProviderMetadata | undefined): {
  providerMetadata?: SharedV4ProviderMetadata;
} {
  const kept = Object.entries(metadata ?? {}).flatMap(([provider, of]) => {
    const seals = Object.entries(of).filter(
      ([name, value]) => SEALS.includes(name) && typeof value === "string",
    );
    return seals.length === 0 ? [] : [[provider, Object.fromEntries(seals)] as const];
  });
  return kept.length === 0 ? {} : { providerMetadata: Object.fromEntries(kept) };
}
