"use client";

import { createBrowserClient } from "@supabase/ssr";
import type { SupabaseClient } from "@supabase/supabase-js";
import { createContext, type ReactNode, useContext } from "react";

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

const clients = new Map<string, SupabaseClient>();

function clientOf(config: SupabaseConfig): SupabaseClient {
  const known = clients.get(config.url);
  if (known) return known;
  const client = createBrowserClient(config.url, config.key, {
    cookieOptions: { name: config.cookieName },
    // A dead line shows itself by a heartbeat that nobody answers: five seconds, not the client's 25.
    realtime: {
      heartbeatIntervalMs: 5_000,
      reconnectAfterMs: (tries: number) => Math.min(250 * 2 ** tries, 3_000),
    },
  });
  clients.set(config.url, client);
  return client;
}

/** The unmodified Supabase client of this browser tab. */
export function useSupabase(): SupabaseClient {
  const config = useContext(SupabaseContext);
  if (!config) throw new Error("useSupabase needs a SupabaseProvider above it");
  return clientOf(config);
}
