import { useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "#trpc/react.tsx";

/** Has everything about approvals read anew. */
export function usePeopleRefresh(): () => Promise<void> {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries(trpc.approvals.pathFilter());
}
