import { z } from "zod";
import { RunHistory } from "../contract/histories.ts";
import { RunId } from "../vocabulary/index.ts";
import { PageInput } from "./paging.ts";

/** The most histories that come in one answer: each holds all that its run has stored. */
const MOST = 50;

const CAPABILITIES = /^[a-z0-9][a-z0-9._-]{0,63}(,[a-z0-9][a-z0-9._-]{0,63}){0,99}$/;

export const ListHistoriesInput = PageInput.extend({
  limit: z.coerce.number().int().min(1).max(MOST).default(20),
  capabilities: z
    .string()
    .max(8_000)
    .regex(CAPABILITIES, "use capabilities with commas between them, like code.patch,code.review")
    .meta({ description: "Runs with a step of one of these, like code.patch,code.review" }),
});

export const HistoryPage = z.object({
  items: z.array(RunHistory),
  nextCursor: z.string().nullable(),
  total: z.null(),
  left: z.array(RunId).meta({
    description: "Runs with more steps than a history tells of: nothing is known of them",
  }),
});
export type HistoryPage = z.infer<typeof HistoryPage>;
