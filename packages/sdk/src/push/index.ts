export { handlePush, type PushOptions } from "./handle-push.ts";
