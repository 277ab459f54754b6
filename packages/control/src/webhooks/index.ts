export { addWebhook } from "./add.ts";
export { webhookChoices } from "./choices.ts";
export { getWebhook, listDeliveries, listWebhooks } from "./list.ts";
export { redeliver } from "./redeliver.ts";
export { removeWebhook } from "./remove.ts";
export { rotateWebhookSecret } from "./rotate-secret.ts";
export { sendTestEvent } from "./send-test.ts";
export { disableWebhook, enableWebhook } from "./switch.ts";
