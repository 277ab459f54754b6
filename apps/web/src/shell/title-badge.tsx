"use client";

import { useEffect } from "react";
import { usePendingApprovals } from "#features/approvals/use-pending-approvals.ts";
import { withCount } from "./with-count.ts";

/** Puts the number of waiting approvals in front of whatever title the page sets. */
export function TitleBadge() {
  const pending = usePendingApprovals();
  useEffect(() => {
    const apply = () => {
      const title = withCount(document.title, pending);
      if (title !== document.title) document.title = title;
    };
    apply();
    const observer = new MutationObserver(apply);
    observer.observe(document.head, { childList: true, subtree: true, characterData: true });
    return () => observer.disconnect();
  }, [pending]);
  return null;
}
