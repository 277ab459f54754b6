import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4Prompt,
} from "@ai-sdk/provider";

/** About what one image is billed as, where its size is not known. */
const IMAGE_TOKENS = 1_000;
/** Of a document or sound, bytes a token. */
const FILE_BYTES = 50;
/** What a message costs beside its words. */
const MESSAGE_TOKENS = 4;

/** Four characters a token for what ASCII writes, one for what it does not: rather too many than too few. */
export function tokensOfText(text: string): number {
  let other = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) other++;
  return Math.ceil((text.length - other) / 4) + other;
}

/** How much a request gives a model to read, without asking a tokenizer. */
export function estimateTokens({
  prompt,
  tools = [],
  responseFormat,
}: LanguageModelV4CallOptions): number {
  const beside = [...tools, ...(responseFormat?.type === "json" ? [responseFormat.schema] : [])];
  return (
    prompt.reduce((sum, message) => sum + tokensOfMessage(message), 0) +
    (beside.length === 0 ? 0 : tokensOfText(JSON.stringify(beside)))
  );
}

function tokensOfMessage({ content }: LanguageModelV4Prompt[number]): number {
  if (typeof content === "string") return MESSAGE_TOKENS + tokensOfText(content);
  return content.reduce((sum, part) => {
    switch (part.type) {
      case "text":
      case "reasoning":
        return sum + tokensOfText(part.text);
      case "file":
        return sum + tokensOfFile(part);
      case "tool-call":
        return sum + tokensOfText(JSON.stringify(part.input));
      case "tool-result":
        return sum + tokensOfText(JSON.stringify(part.output));
      default:
        return sum;
    }
  }, MESSAGE_TOKENS);
}

function tokensOfFile({
  mediaType,
  data,
}: Pick<LanguageModelV4FilePart, "mediaType" | "data">): number {
  if (mediaType.startsWith("image") || data.type !== "data") return IMAGE_TOKENS;
  return Math.ceil(data.data.length / FILE_BYTES);
}
