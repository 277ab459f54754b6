export { startRealtime } from "./start-realtime.ts";
export type { Realtime, RealtimeOptions } from "./start-realtime.ts";
