import type { RelayEvent } from "@nofx/control/steps";
import { describeEvent, slackBody, type NoticeFacts } from "@nofx/core/notices";
import { post, type PostPorts, type Telling } from "./post.ts";

/** What Slack answers of an incoming webhook that will not work again; anything else is tried again. */
const GONE = new Set([
  "no_service",
  "no_service_id",
  "no_team",
  "team_disabled",
  "invalid_token",
  "channel_is_archived",
]);

/** Tells a channel of Slack of one event, through its incoming webhook. */
export function sendSlack(
  url: string,
  event: RelayEvent,
  facts: NoticeFacts | undefined,
  ports: PostPorts & { publicUrl?: string | undefined },
): Promise<Telling> {
  const body = slackBody(describeEvent(event, facts), ports.publicUrl);
  const headers = { "content-type": "application/json; charset=utf-8" };
  return post({ url, headers, body, goneWords: GONE }, ports);
}
