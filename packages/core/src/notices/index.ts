export { describeEvent, type Notice, type NoticeFacts } from "./describe-event.ts";
export { LISTED, mailBody, type Mail } from "./mail-body.ts";
export { isNoticeType, NOTICE_TYPES } from "./notice-types.ts";
export { slackBody } from "./slack-body.ts";
