export { getRetention } from "./get.ts";
export { setRetention } from "./set.ts";
