export * from "./agent-client.ts";
export * from "./clock.ts";
export * from "./retry.ts";
