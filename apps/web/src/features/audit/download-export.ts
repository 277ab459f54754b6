import { writeLine } from "@nofx/core/audit";
import type { useTRPCClient } from "#trpc/react.tsx";

/** Reads the whole log page by page and has the browser save it, as `nofx audit export` writes it. */
export async function downloadExport(api: ReturnType<typeof useTRPCClient>): Promise<void> {
  const { digests: upTo, ...made } = await api.audit.export.mutate({});
  const parts = [`${writeLine({ type: "header", format: "nofx.audit.export.v1", ...made })}\n`];
  let entries = 0;
  let digests = 0;
  const { from, to } = made;
  for (let after: number | null | undefined; after !== null;) {
    const page = await api.audit.lines.query({
      from,
      to,
      digests: upTo,
      limit: 5_000,
      ...(after !== undefined && { after }),
    });
    if (page.lines.length > 0) parts.push(`${page.lines.join("\n")}\n`);
    entries += page.entries;
    digests += page.digests;
    after = page.after;
  }
  parts.push(`${writeLine({ type: "end", entries, digests })}\n`);
  const url = URL.createObjectURL(new Blob(parts, { type: "application/jsonl" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `audit-${from}-${to}.jsonl`;
  link.click();
  URL.revokeObjectURL(url);
}
