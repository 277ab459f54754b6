import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
} from "@ai-sdk/provider";
import type { ProviderNetwork } from "./provider-network.ts";
import { ProviderFailure } from "./provider-failure.ts";

const MOST_FILES = 20;
/** Of all files of a request: they are held in memory, and many requests are under way. */
const MOST_BYTES = 40 * 1_024 * 1_024;

/** Puts files into the prompt that it names by their addresses and the provider does not fetch itself. */
export async function fetchFiles(
  network: ProviderNetwork,
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
): Promise<LanguageModelV4CallOptions> {
  const { prompt, abortSignal } = options;
  if (!prompt.some(hasAddress)) return options;
  const supported = await model.supportedUrls;
  const inlined: LanguageModelV4Message[] = [];
  let files = 0;
  let bytes = 0;
  // one after another, or their sum would be known too late
  for (const message of prompt) {
    if (message.role !== "user" || !hasAddress(message)) {
      inlined.push(message);
      continue;
    }
    const content: typeof message.content = [];
    for (const part of message.content) {
      if (part.type !== "file" || part.data.type !== "url" || fetches(supported, part)) {
        content.push(part);
        continue;
      }
      files += 1;
      if (files > MOST_FILES) throw refused(`has more than ${MOST_FILES} files to fetch.`);
      const { type, data } = await download(part.data.url, network, abortSignal);
      bytes += data.byteLength;
      if (bytes > MOST_BYTES) throw refused("names files of more than 40 MiB together.");
      content.push(inline(part, type, data));
    }
    inlined.push({ ...message, content });
  }
  return { ...options, prompt: inlined };
}

const refused = (what: string) => new ProviderFailure("refused_by_provider", `The request ${what}`);

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

function inline(
  part: LanguageModelV4FilePart,
  type: string,
  data: Uint8Array,
): LanguageModelV4FilePart {
  const [family] = part.mediaType.split("/");
  if (!type.startsWith(`${family}/`)) throw refused(`names a file that is no ${family}.`);
  const base64 = Buffer.from(data).toString("base64");
  return { ...part, mediaType: type, data: { type: "data", data: base64 } };
}

async function download(url: URL, network: ProviderNetwork, signal: AbortSignal | undefined) {
  try {
    return await network.download(url, signal);
  } catch (error) {
    if (error instanceof ProviderFailure || signal?.aborted === true) throw error;
    throw refused("names a file that could not be fetched.");
  }
}
