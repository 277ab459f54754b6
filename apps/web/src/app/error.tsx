"use client";

import { ErrorState } from "@nofx/ui/blocks/states";

/** The last net: what a page could not handle itself. */
export default function PageError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <main className="mx-auto max-w-xl p-6">
      <ErrorState
        title="This page could not be shown."
        detail="The data is safe. If it happens again, tell your admin the code below."
        code={error.digest ?? "page_error"}
        onRetry={reset}
      />
    </main>
  );
}
