export { getHistory, listHistories } from "./read.ts";
