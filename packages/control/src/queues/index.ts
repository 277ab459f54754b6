export { admit, countByQueue } from "./admit.ts";
export { limitQueue, unlimitQueue } from "./limit.ts";
export { listQueues } from "./list.ts";
export { pauseQueue, resumeQueue } from "./pause.ts";
export { answerScaler, scaleQueue } from "./scale.ts";
