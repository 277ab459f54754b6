"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useEffect } from "react";
import { createFollowUp, promisedBy } from "./follow-up.ts";

const followUp = createFollowUp({
  address: () => window.location.href,
  go: (href) => window.location.assign(href),
  set: (run, ms) => window.setTimeout(run, ms),
  clear: (handle) => window.clearTimeout(handle as number),
});

// When this file is read, not in an effect: before any Link can take a click. On the window: after React, which listens
// on the document.
if (typeof window !== "undefined") {
  window.addEventListener("click", watch);
  window.addEventListener("pagehide", followUp.settle);
}

/**
 * Follows links that the router forgets. On a busy machine a Link that is clicked while the page hydrates can park its
 * transition for good: no error, no new address (vercel/next.js#98305; seen with 16.4 as well). The click was taken from
 * the browser, so nobody else will follow it. What has not moved the page in time is loaded the ordinary way.
 */
export function NavigationGuard() {
  const shown = `${usePathname()}?${useSearchParams().toString()}`;
  useEffect(() => followUp.show(shown), [shown]);
  return null;
}

function watch(event: MouseEvent): void {
  const promised = promisedBy(
    {
      defaultPrevented: event.defaultPrevented,
      button: event.button,
      modified: event.metaKey || event.ctrlKey || event.shiftKey || event.altKey,
      link: linkAt(event.target),
    },
    window.location.href,
  );
  if (promised !== undefined) followUp.expect(promised);
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
