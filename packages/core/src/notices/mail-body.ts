import type { Notice } from "./describe-event.ts";
import { moment } from "./moment.ts";

/** A mail lists as many; of the others it says how many there are. */
export const LISTED = 40;

export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** One mail for one or many things that happened, oldest first, as plain text and as HTML that loads nothing. */
export function mailBody(
  notices: readonly Notice[],
  publicUrl: string | undefined,
  total: number,
): Mail {
  const [first] = notices;
  const listed = notices.slice(0, LISTED);
  const more = total - listed.length;
  const rest = more > 0 ? `And ${more} more: the dashboard has them.` : undefined;
  const subject =
    first !== undefined && total === 1
      ? [first.headline, first.about].filter((part) => part !== undefined).join(": ")
      : `${total} things happened, the first: ${first?.headline ?? ""}`;
  const why = `You get this because an admin of your tenant added you to a mail channel of NOFX.`;
  const linkOf = (path: string) => (publicUrl === undefined ? undefined : `${publicUrl}${path}`);
  const text = [
    ...listed.map((notice) => asText(notice, linkOf(notice.path))),
    ...(rest === undefined ? [] : [rest]),
    `-- \n${[why, linkOf("/webhooks")].filter((part) => part !== undefined).join("\n")}`,
  ].join("\n\n");
  const html = [
    `<!doctype html><html lang="en"><body style="font-family:sans-serif">`,
    ...listed.map((notice) => asHtml(notice, linkOf(notice.path))),
    ...(rest === undefined ? [] : [`<p>${escapeHtml(rest)}</p>`]),
    `<hr><p><small>${escapeHtml(why)}</small></p></body></html>`,
  ].join("\n");
  return { subject: subject.slice(0, 200), text: `${text}\n`, html };
}

function asText({ headline, about, details, at }: Notice, link: string | undefined): string {
  return [headline, about, ...details, `At ${moment(at)}`, link]
    .filter((line) => line !== undefined)
    .join("\n");
}

function asHtml({ headline, about, details, at }: Notice, link: string | undefined): string {
  const lines = [about, ...details, `At ${moment(at)}`].filter((line) => line !== undefined);
  const open =
    link === undefined ? "" : `<br><a href="${escapeHtml(link)}">${escapeHtml(link)}</a>`;
  return `<p><strong>${escapeHtml(headline)}</strong><br>${lines.map(escapeHtml).join("<br>")}${open}</p>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
