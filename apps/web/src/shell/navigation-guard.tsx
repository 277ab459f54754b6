"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useEffect, useLayoutEffect, useState } from "react";
import { createFollowUp, promisedBy } from "./follow-up.ts";

/**
 * Follows links that the router forgets. On a busy machine a Link that is clicked while the page hydrates can park its
 * transition for good: no error, no new address (vercel/next.js#98305; seen with 16.4 as well). The click was taken from
 * the browser, so nobody else will follow it. What has not moved the page in time is loaded the ordinary way.
 */
export function NavigationGuard() {
  const [followUp] = useState(() =>
    createFollowUp({
      address: () => window.location.href,
      go: (href) => window.location.assign(href),
      set: (run, ms) => window.setTimeout(run, ms),
      clear: (handle) => window.clearTimeout(handle as number),
    }),
  );

  const shown = `${usePathname()}?${useSearchParams().toString()}`;
  useEffect(() => followUp.show(shown), [followUp, shown]);

  // Before the first paint, and so before the first click that a Link can take.
  useLayoutEffect(() => {
    const watch = (event: MouseEvent) => {
      const link = linkAt(event.target);
      const promised = promisedBy(
        {
          defaultPrevented: event.defaultPrevented,
          button: event.button,
          modified: event.metaKey || event.ctrlKey || event.shiftKey || event.altKey,
          link,
        },
        window.location.href,
      );
      if (promised !== undefined) followUp.expect(promised);
    };
    // On the window: after React, which listens on the document.
    window.addEventListener("click", watch);
    window.addEventListener("pagehide", followUp.settle);
    return () => {
      window.removeEventListener("click", watch);
      window.removeEventListener("pagehide", followUp.settle);
      followUp.settle();
    };
  }, [followUp]);
  return null;
}

function linkAt(target: EventTarget | null) {
  const anchor = target instanceof Element ? target.closest("a") : null;
  if (anchor === null) return;
  const { href, target: frame } = anchor;
  return {
    href,
    target: frame,
    download: anchor.hasAttribute("download"),
    opensPopup: anchor.hasAttribute("aria-haspopup"),
  };
}
