export * from "./check.ts";
export * from "./standard-schema.ts";
export * from "./to-json.ts";
export * from "./to-json-schema.ts";
export * from "./storable.ts";
