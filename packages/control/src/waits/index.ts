export { answerWait } from "./answer.ts";
export { listWaits } from "./list.ts";
export { sendMessage } from "./send-message.ts";
