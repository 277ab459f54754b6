import type { LanguageModelV4GenerateResult } from "@ai-sdk/provider";
import type { ResponseObject, ResponseOutputItem } from "@nofx/core/api/openai";
import type { AnswerHead, ResponseCall } from "./model-call.ts";
import {
  functionCallItem,
  incompleteBecause,
  itemId,
  messageItem,
  reasoningItem,
  sealedFor,
} from "./response-items.ts";
import { responseObject } from "./response-object.ts";
import { usageOfModel } from "./usage-of.ts";

/** What `POST /v1/responses` answers. */
export function responseAnswer(
  call: ResponseCall,
  result: LanguageModelV4GenerateResult,
  head: AnswerHead,
): ResponseObject {
  const incomplete = incompleteBecause(result.finishReason);
  const output: ResponseOutputItem[] = [];
  for (const part of result.content) {
    const index = output.length;
    switch (part.type) {
      case "text":
        output.push(messageItem(itemId(head, "msg", index), part.text, "completed"));
        break;
      case "reasoning": {
        const sealed = sealedFor(call, part.providerMetadata);
        if (part.text === "" && sealed === undefined) break;
        output.push(reasoningItem(itemId(head, "rs", index), part.text, "completed", sealed));
        break;
      }
      case "tool-call": {
        const id = itemId(head, "fc", index);
        output.push(functionCallItem(id, part, "completed", part.providerMetadata));
        break;
      }
      default:
        break;
    }
  }
  return responseObject(call, head, {
    status: incomplete === undefined ? "completed" : "incomplete",
    incomplete,
    output,
    usage: usageOfModel(result.usage),
  });
}
