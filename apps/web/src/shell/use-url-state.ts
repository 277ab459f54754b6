"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";

/**
 * State that lives in the address, so that a link or a reload shows the same. An empty value leaves the address
 * without the name; the history is not filled with every letter typed.
 */
export function useUrlState(): [
  (name: string) => string | undefined,
  (changes: Record<string, string | undefined>) => void,
] {
  const params = useSearchParams();
  const pathname = usePathname();
  const read = useCallback((name: string) => params.get(name) ?? undefined, [params]);
  const write = useCallback(
    (changes: Record<string, string | undefined>) => {
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === undefined || value === "") next.delete(name);
        else next.set(name, value);
      }
      const query = next.toString();
      window.history.replaceState(null, "", query === "" ? pathname : `${pathname}?${query}`);
    },
    [pathname],
  );
  return [read, write];
}
