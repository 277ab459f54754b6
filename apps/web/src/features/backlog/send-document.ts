/** Bodies end at 4 MB on the server; JSON escapes make a body longer than the text it carries. */
const MAX_INLINE_BYTES = 4 * 1024 * 1024 - 64 * 1024;

export interface BacklogText {
  name: string;
  text: string;
}

export type UploadType = "application/json" | "application/yaml" | "text/csv" | "text/markdown";

export interface UploadTicket {
  uploadId: string;
  url: string;
  method: "PUT";
  headers: Record<string, string>;
}

export interface SendPorts {
  createUpload(input: {
    purpose: "backlog";
    contentType: UploadType;
    size: number;
  }): Promise<UploadTicket>;
  put(ticket: UploadTicket, body: Blob, onProgress: (share: number) => void): Promise<void>;
}

/** What a text is stored as: by its name, or JSON by its first character. What it is read as is found out later. */
export function typeOf({ name, text }: BacklogText): UploadType {
  if (/\.ya?ml$/i.test(name)) return "application/yaml";
  if (/\.json$/i.test(name)) return "application/json";
  if (/\.[ct]sv$/i.test(name)) return "text/csv";
  if (/\.(?:md|markdown)$/i.test(name)) return "text/markdown";
  return /^\s*[{[]/.test(text) ? "application/json" : "application/yaml";
}

export function fitsInline(text: string): boolean {
  return new TextEncoder().encode(JSON.stringify(text)).byteLength <= MAX_INLINE_BYTES;
}

/**
 * How a document reaches the import: small ones as text in the request, larger ones first put to a signed address.
 * The same upload serves the check and the import that follows it.
 */
export async function documentInput(
  document: BacklogText,
  ports: SendPorts,
  onProgress: (share: number) => void,
): Promise<{ text: string } | { uploadId: string }> {
  if (fitsInline(document.text)) return { text: document.text };
  const contentType = typeOf(document);
  const body = new Blob([document.text], { type: contentType });
  const ticket = await ports.createUpload({ purpose: "backlog", contentType, size: body.size });
  await ports.put(ticket, body, onProgress);
  return { uploadId: ticket.uploadId };
}

/** Puts a body to a signed address. XMLHttpRequest, because fetch tells nothing while it sends. */
export function putWithProgress(
  ticket: UploadTicket,
  body: Blob,
  onProgress: (share: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(ticket.method, ticket.url);
    for (const [name, value] of Object.entries(ticket.headers))
      request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new Error(`The file storage refused the upload (${request.status}).`));
    });
    request.addEventListener("error", () => reject(new Error("The upload was cut off.")));
    request.send(body);
  });
}
