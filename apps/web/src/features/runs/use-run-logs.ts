"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";
import { joinLines, type Lines, reaches } from "./join-lines.ts";

const PAGE = 200;
const MAX_GAP_PAGES = 10;

/**
 * The end of a run's log, growing as lines arrive. A nudge makes it read the newest page, and older ones until they
 * meet what is known, so a burst of lines leaves no hole.
 */
export function useRunLogs(runId: string, stepId: string | undefined) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const queryClient = useQueryClient();
  const [loadingOlder, setLoadingOlder] = useState(false);
  const input = {
    runId,
    tail: true,
    limit: PAGE,
    ...(stepId === undefined ? {} : { stepId }),
  };
  const queryKey = trpc.runs.logs.queryKey(input);

  const query = useQuery({
    queryKey,
    queryFn: async (): Promise<Lines> => {
      const known = queryClient.getQueryData<Lines>(queryKey);
      const pages: Lines[] = [];
      let cursor: string | undefined;
      for (let at = 0; at < MAX_GAP_PAGES; at++) {
        const page = await api.runs.logs.query({ ...input, ...(cursor && { cursor }) });
        pages.push(page);
        if (reaches(known, page)) return joinLines(known, pages);
        cursor = page.nextCursor ?? undefined;
      }
      return joinLines(undefined, pages);
    },
  });

  async function loadOlder(): Promise<void> {
    const known = queryClient.getQueryData<Lines>(queryKey);
    if (!known?.nextCursor) return;
    setLoadingOlder(true);
    try {
      const older = await api.runs.logs.query({ ...input, cursor: known.nextCursor });
      queryClient.setQueryData<Lines>(queryKey, (now) => ({
        ...joinLines(now, [older]),
        nextCursor: older.nextCursor,
      }));
    } finally {
      setLoadingOlder(false);
    }
  }

  return { query, loadOlder, loadingOlder };
}
