export { listEvents } from "./list.ts";
export { sendEvent } from "./send.ts";
