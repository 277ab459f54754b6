import { z } from "zod";
import { unstorableJson } from "../vocabulary/text.ts";

/** The fencing number of a claim. Every verb on a step carries it; a stale one is answered 409 `lease_lost`. */
export const Epoch = z.int().min(0);

export const Timestamp = z.iso.datetime({ offset: true });

/** Any JSON value that Postgres can store. Absent is refused: `null` says "nothing". */
export const JsonValue = z.unknown().superRefine((value, ctx) => {
  if (value === undefined)
    ctx.addIssue({ code: "custom", message: "is missing; send null for nothing" });
  for (const issue of unstorableJson(value)) ctx.addIssue({ code: "custom", ...issue });
});
