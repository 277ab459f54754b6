"use client";

import type { SupabaseClient } from "@supabase/supabase-js";
import { createContext, type ReactNode, useCallback, useContext } from "react";

export interface SupabaseConfig {
  url: string;
  key: string;
  cookieName: string;
}

const SupabaseContext = createContext<SupabaseConfig | undefined>(undefined);

/** Address and publishable key come from the server at run time: a build knows neither. */
export function SupabaseProvider({
  config,
  children,
}: {
  config: SupabaseConfig;
  children: ReactNode;
}) {
  return <SupabaseContext.Provider value={config}>{children}</SupabaseContext.Provider>;
}

const clients = new Map<string, Promise<SupabaseClient>>();

async function createClient(config: SupabaseConfig): Promise<SupabaseClient> {
  const { createBrowserClient } = await import("@supabase/ssr");
  return createBrowserClient(config.url, config.key, {
    cookieOptions: { name: config.cookieName },
    // A dead line shows itself by a heartbeat that nobody answers: five seconds, not the client's 25.
    realtime: {
      heartbeatIntervalMs: 5_000,
      reconnectAfterMs: (tries: number) => Math.min(250 * 2 ** tries, 3_000),
    },
  });
}

function clientOf(config: SupabaseConfig): Promise<SupabaseClient> {
  const known = clients.get(config.url) ?? createClient(config);
  clients.set(config.url, known);
  return known;
}

/**
 * The unmodified Supabase client of this browser tab, loaded when first asked for: no page needs it to be drawn, and
 * it is a quarter of the code.
 */
export function useSupabase(): () => Promise<SupabaseClient> {
  const config = useContext(SupabaseContext);
  if (!config) throw new Error("useSupabase needs a SupabaseProvider above it");
  return useCallback(() => clientOf(config), [config]);
}
