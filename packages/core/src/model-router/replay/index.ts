export { answerCall, type Attempt, type Behaviour, type ReplayedCall } from "./answer-call.ts";
export { playTraffic, type TrafficCall, type WorldModel } from "./play-traffic.ts";
export { sumUp, type ReplaySummary } from "./sum-up.ts";
