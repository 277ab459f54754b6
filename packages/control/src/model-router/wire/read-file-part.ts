import type { LanguageModelV4FilePart } from "@ai-sdk/provider";
import { wrongField } from "./parse-request.ts";

const DATA_URL =
  /^data:([a-z0-9.+-]+\/[a-z0-9.+-]+)?(?:;[a-z0-9=._-]+)*;base64,([A-Za-z0-9+/=_-]*)$/i;
const BASE64 = /^[A-Za-z0-9+/=_-]+$/;

/** An image, by its address or within a data URL. */
export function readImage(
  param: string,
  url: string,
  detail?: string | null,
): LanguageModelV4FilePart {
  const base = {
    type: "file" as const,
    ...(detail != null && { providerOptions: { openai: { imageDetail: detail } } }),
  };
  if (url.startsWith("data:")) {
    const { mediaType = "image/*", data } = readDataUrl(param, url);
    if (!mediaType.startsWith("image/")) throw wrongField(param, `${mediaType} is no image.`);
    return { ...base, mediaType, data: { type: "data", data } };
  }
  return { ...base, mediaType: "image/*", data: { type: "url", url: readUrl(param, url) } };
}

/** A document: as a data URL, as base64 alone (then a PDF), or by its address. */
export function readFile(
  param: string,
  file: {
    data: string | null | undefined;
    url?: string | null | undefined;
    name: string | null | undefined;
  },
): LanguageModelV4FilePart {
  const base = { type: "file" as const, ...(file.name != null && { filename: file.name }) };
  if (file.url != null) {
    const url = readUrl(`${param}.file_url`, file.url);
    return { ...base, mediaType: "application/pdf", data: { type: "url", url } };
  }
  if (file.data == null) {
    throw wrongField(param, "give file_data: files by their id are not kept here.");
  }
  if (!file.data.startsWith("data:") && BASE64.test(file.data)) {
    return { ...base, mediaType: "application/pdf", data: { type: "data", data: file.data } };
  }
  const { mediaType = "application/pdf", data } = readDataUrl(`${param}.file_data`, file.data);
  return { ...base, mediaType, data: { type: "data", data } };
}

function readDataUrl(param: string, url: string): { mediaType: string | undefined; data: string } {
  const [, mediaType, data] = DATA_URL.exec(url) ?? [];
  if (data === undefined) throw wrongField(param, "expected data:TYPE;base64,DATA.");
  return { mediaType: mediaType?.toLowerCase(), data };
}

function readUrl(param: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw wrongField(param, "expected an http or https address, or a data URL.");
}
