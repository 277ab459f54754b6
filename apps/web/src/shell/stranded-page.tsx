"use client";

import { Button } from "@nofx/ui/primitives/button";
import { ForbiddenState } from "@nofx/ui/blocks/states";
import { useSignOut } from "#features/session/use-sign-out.ts";

/** Signed in, but a member of nothing. */
export function StrandedPage({ detail }: { detail: string | undefined }) {
  const signOut = useSignOut();
  return (
    <main className="mx-auto flex min-h-dvh max-w-lg flex-col items-center justify-center p-4">
      <ForbiddenState what="any tenant" {...(detail === undefined ? {} : { needs: detail })} />
      <Button onClick={signOut}>Sign in as somebody else</Button>
    </main>
  );
}
