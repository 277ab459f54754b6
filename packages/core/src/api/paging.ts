import { z } from "zod";

/** Lists are cut by a cursor: send back `nextCursor` to read on. */
export const PageInput = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().nullable(),
    total: z.int().nullable(),
  });
}

/** ISO 8601 with offset, UTC. */
export const Timestamp = z.iso.datetime({ offset: true });
