"use client";

import { useSupabase } from "./supabase-provider.tsx";

/** Ends the session here and at the auth server, then forgets everything by a full load. */
export function useSignOut(): () => void {
  const getSupabase = useSupabase();
  return () => {
    void getSupabase()
      .then((supabase) => supabase.auth.signOut({ scope: "local" }))
      .finally(() => window.location.assign("/sign-in"));
  };
}
