import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
} from "@ai-sdk/provider";
import type { ProviderKind } from "@nofx/core/model-router";
import type { ProviderNetwork } from "./provider-network.ts";
import { ProviderFailure } from "./provider-failure.ts";

/** Who takes instructions at the beginning alone. */
const SYSTEM_FIRST: ReadonlySet<ProviderKind> = new Set(["anthropic", "google"]);

/** Who knows JSON by a schema, but not JSON of any form. */
const NO_JSON_MODE: ReadonlySet<ProviderKind> = new Set(["anthropic"]);

const ANY_JSON = "Answer with one JSON object and nothing else: no text around it, no code fence.";

/** Makes a prompt one that this provider takes: instructions first where it wants that, files fetched that it does not fetch itself. */
export async function preparePrompt(
  kind: ProviderKind,
  network: ProviderNetwork,
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
): Promise<LanguageModelV4CallOptions> {
  const told = NO_JSON_MODE.has(kind) ? withJsonInstruction(options) : options.prompt;
  const ordered = SYSTEM_FIRST.has(kind) ? systemFirst(told) : told;
  if (!ordered.some(hasAddress)) return { ...options, prompt: ordered };
  const supported = await model.supportedUrls;
  const prompt = await Promise.all(
    ordered.map(async (message): Promise<LanguageModelV4Message> => {
      if (message.role !== "user" || !hasAddress(message)) return message;
      const content = await Promise.all(
        message.content.map(async (part) =>
          part.type === "file" && part.data.type === "url" && !fetches(supported, part)
            ? fetched(part, part.data.url, network, options.abortSignal)
            : part,
        ),
      );
      return { ...message, content };
    }),
  );
  return { ...options, prompt };
}

function withJsonInstruction({
  prompt,
  responseFormat,
}: LanguageModelV4CallOptions): LanguageModelV4Message[] {
  if (responseFormat?.type !== "json" || responseFormat.schema !== undefined) return prompt;
  return [{ role: "system", content: ANY_JSON }, ...prompt];
}

function systemFirst(prompt: readonly LanguageModelV4Message[]): LanguageModelV4Message[] {
  const [system, rest] = [true, false].map((wanted) =>
    prompt.filter(({ role }) => (role === "system") === wanted),
  );
  return [...(system ?? []), ...(rest ?? [])];
}

function hasAddress({ content }: LanguageModelV4Message): boolean {
  return (
    typeof content !== "string" &&
    content.some((part) => part.type === "file" && part.data.type === "url")
  );
}

function fetches(
  supported: Record<string, RegExp[]>,
  { mediaType, data }: LanguageModelV4FilePart,
): boolean {
  const url = data.type === "url" ? data.url.href : "";
  const [family] = mediaType.split("/");
  return Object.entries(supported).some(
    ([type, patterns]) =>
      ["*", "*/*", `${family}/*`, mediaType].includes(type) &&
      patterns.some((pattern) => pattern.test(url)),
  );
}

async function fetched(
  part: LanguageModelV4FilePart,
  url: URL,
  network: ProviderNetwork,
  signal: AbortSignal | undefined,
): Promise<LanguageModelV4FilePart> {
  const { type, data } = await download(url, network, signal);
  const [family] = part.mediaType.split("/");
  if (!type.startsWith(`${family}/`)) {
    throw new ProviderFailure("refused_by_provider", `A file of the request is no ${family}.`);
  }
  const base64 = Buffer.from(data).toString("base64");
  return { ...part, mediaType: type, data: { type: "data", data: base64 } };
}

async function download(url: URL, network: ProviderNetwork, signal: AbortSignal | undefined) {
  try {
    return await network.download(url, signal);
  } catch (error) {
    if (error instanceof ProviderFailure || signal?.aborted === true) throw error;
    throw new ProviderFailure("refused_by_provider", "A file of the request could not be fetched.");
  }
}
