/** How every list of ours reads on: send back `nextCursor`. */
export const byCursor = {
  getNextPageParam: (page: { nextCursor: string | null }) => page.nextCursor ?? undefined,
};
