import type { AnyObject, Anything } from "./task.ts";

/** Takes any JSON object. */
export const anyObject: AnyObject = {
  "~standard": {
    version: 1,
    vendor: "nofx",
    validate: (value) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? { value: value as Record<string, unknown> }
        : { issues: [{ message: "expected an object" }] },
  },
};

/** Takes anything. */
export const anything: Anything = {
  "~standard": { version: 1, vendor: "nofx", validate: (value) => ({ value }) },
};
