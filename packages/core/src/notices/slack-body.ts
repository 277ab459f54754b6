import type { Notice } from "./describe-event.ts";

/**
 * The body of an incoming webhook of Slack, as Block Kit. Titles go into plain text, where Slack reads no markup: nobody is
 * mentioned, and nothing is linked, by a title.
 */
export function slackBody(notice: Notice, publicUrl: string | undefined): string {
  const { headline, about, details, path } = notice;
  const link = publicUrl === undefined ? [] : [`<${publicUrl}${path}|Open in NOFX>`];
  const foot = [...details.map(escapeSlack), ...link].join("  ·  ");
  return JSON.stringify({
    // what notifications show, and clients without blocks
    text: escapeSlack(about === undefined ? headline : `${headline}: ${about}`),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: "header", text: plain(headline) },
      ...(about === undefined ? [] : [{ type: "section", text: plain(about) }]),
      ...(foot === "" ? [] : [{ type: "context", elements: [markup(foot)] }]),
    ],
  });
}

/** The three characters that Slack asks to be escaped; with them no mention and no link can be written. */
export function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const plain = (text: string) => ({ type: "plain_text", text, emoji: false });
const markup = (text: string) => ({ type: "mrkdwn", text, verbatim: true });
