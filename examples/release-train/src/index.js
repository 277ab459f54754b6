export { backoff } from "./backoff.js";
export { formatDuration, parseDuration } from "./duration.js";
export { version } from "./version.js";
export { createWindow } from "./window.js";
