import { createClient, type SupabaseClient } from "@supabase/supabase-js";

export interface AuthServer {
  url: string;
  publishableKey: string;
}

export interface Session {
  userId: string;
  accessToken: string;
}

export interface Login {
  email: string;
  password: string;
}

function authClient(server: AuthServer): SupabaseClient {
  return createClient(server.url, server.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
}

/** Signs in; undefined when address and password do not fit. */
export async function signIn(server: AuthServer, login: Login): Promise<Session | undefined> {
  const { data, error } = await authClient(server).auth.signInWithPassword(login);
  if (error !== null) {
    if (error.status === 400 || error.status === 401) return undefined;
    throw error;
  }
  return { userId: data.user.id, accessToken: data.session.access_token };
}

/** Makes a user; undefined when the address has one already. */
export async function signUp(server: AuthServer, login: Login): Promise<Session | undefined> {
  const { data, error } = await authClient(server).auth.signUp(login);
  if (error !== null) {
    if (error.code === "user_already_exists" || error.status === 422) return undefined;
    throw error;
  }
  if (data.user === null || data.session === null) return undefined;
  return { userId: data.user.id, accessToken: data.session.access_token };
}
