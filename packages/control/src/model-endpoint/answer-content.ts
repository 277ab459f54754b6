import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";

/** Of an answer what every client can be given: told as a whole or in parts. */
export interface AnswerContent {
  readonly content: LanguageModelV4Content[];
  readonly finishReason: LanguageModelV4FinishReason;
  readonly usage: LanguageModelV4Usage;
}

/** The answer without what providers say beside it. */
export function contentOf({
  content,
  finishReason,
  usage,
}: LanguageModelV4GenerateResult): AnswerContent {
  return { content, finishReason, usage };
}

export function resultOf(answer: AnswerContent): LanguageModelV4GenerateResult {
  return { ...answer, warnings: [] };
}

/** Puts the parts of a stream together again. */
export interface Collector {
  add(part: LanguageModelV4StreamPart): void;
  /** What was said so far: text, reasoning and arguments of tools. */
  readonly said: string;
  readonly content: LanguageModelV4Content[];
}

export function collect(): Collector {
  const content: LanguageModelV4Content[] = [];
  const open = new Map<string, { type: "text" | "reasoning"; text: string }>();
  let said = "";
  const begin = (id: string, type: "text" | "reasoning") => {
    const part = { type, text: "" };
    open.set(id, part);
    content.push(part);
    return part;
  };
  return {
    content,
    get said() {
      return said;
    },
    add(part) {
      switch (part.type) {
        case "text-start":
          begin(part.id, "text");
          break;
        case "reasoning-start":
          begin(part.id, "reasoning");
          break;
        case "text-delta":
        case "reasoning-delta": {
          const type = part.type === "text-delta" ? "text" : "reasoning";
          (open.get(part.id) ?? begin(part.id, type)).text += part.delta;
          said += part.delta;
          break;
        }
        case "tool-input-delta":
          said += part.delta;
          break;
        case "tool-call":
          content.push(part);
          break;
        default:
          break;
      }
    },
  };
}

/** A whole answer as the parts of a stream, for one that is given again. */
export function partsOf(answer: AnswerContent): LanguageModelV4StreamPart[] {
  const parts = answer.content.flatMap((part, i): LanguageModelV4StreamPart[] => {
    const id = String(i);
    switch (part.type) {
      case "text":
        return [
          { type: "text-start", id },
          { type: "text-delta", id, delta: part.text },
          { type: "text-end", id },
        ];
      case "reasoning":
        return [
          { type: "reasoning-start", id },
          { type: "reasoning-delta", id, delta: part.text },
          { type: "reasoning-end", id },
        ];
      case "tool-call":
        return [part];
      default:
        return [];
    }
  });
  const { finishReason, usage } = answer;
  return [...parts, { type: "finish", finishReason, usage }];
}
