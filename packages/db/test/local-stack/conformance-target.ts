import { randomBytes } from "node:crypto";
import { createClient } from "@supabase/supabase-js";
import type { SupabaseClient } from "@supabase/supabase-js";
import pg from "pg";
import { startTestStack } from "../../src/testing/index.ts";

/** What the conformance test runs against: the local stack, or the hosted project that SUPABASE_URL names. */
export type Target = {
  hosted: boolean;
  /** As role `postgres`. */
  db: pg.Client;
  /** A new client, as a browser has it. */
  client(): SupabaseClient;
  stop(): Promise<void>;
};

export async function startTarget(): Promise<Target> {
  const url = process.env["SUPABASE_URL"];
  const key = process.env["SUPABASE_PUBLISHABLE_KEY"] ?? process.env["SUPABASE_ANON_KEY"];
  const databaseUrl = process.env["DATABASE_DIRECT_URL"];
  if (url && key && databaseUrl) {
    return open({ hosted: true, url, key, databaseUrl, close: async () => {} });
  }
  const stack = await startTestStack({ recheckSeconds: 0.2 });
  return open({
    hosted: false,
    url: stack.gatewayUrl,
    key: stack.keys.publishableKey,
    databaseUrl: stack.database.url("postgres"),
    close: stack.stop,
  });
}

async function open(it: {
  hosted: boolean;
  url: string;
  key: string;
  databaseUrl: string;
  close: () => Promise<void>;
}): Promise<Target> {
  const db = new pg.Client({ connectionString: it.databaseUrl });
  await db.connect();
  const clients: SupabaseClient[] = [];
  return {
    hosted: it.hosted,
    db,
    client: () => {
      const client = createClient(it.url, it.key, {
        auth: {
          persistSession: false,
          autoRefreshToken: false,
          storageKey: randomBytes(8).toString("hex"),
        },
      });
      clients.push(client);
      return client;
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.removeAllChannels()));
      for (const client of clients) void client.realtime.disconnect();
      await db.end();
      await it.close();
    },
  };
}

/** Tables, a function, a bucket and policies that the test needs; the same statements work on a hosted project. */
export const SET_UP = `
  create table public.conformance_notes (
    id bigint generated always as identity primary key,
    owner uuid not null default auth.uid(),
    body text not null
  );
  alter table public.conformance_notes enable row level security;
  revoke all on public.conformance_notes from anon, authenticated, service_role;
  grant select, insert on public.conformance_notes to authenticated;
  create policy own on public.conformance_notes to authenticated
    using (owner = (select auth.uid())) with check (owner = (select auth.uid()));

  create function public.conformance_whoami(greeting text) returns text language sql stable as
    $$ select greeting || ' ' || (auth.jwt() ->> 'email') $$;
  revoke execute on function public.conformance_whoami(text) from public, anon;

  create table public.conformance_members (user_id uuid not null, room text not null, may_send boolean not null default false);
  alter table public.conformance_members enable row level security;
  revoke all on public.conformance_members from anon, authenticated, service_role;
  grant select on public.conformance_members to authenticated;
  create policy own on public.conformance_members for select to authenticated using (user_id = (select auth.uid()));

  create policy conformance_read on realtime.messages for select to authenticated using (
    realtime.messages.extension = 'broadcast' and exists (
      select from public.conformance_members m
      where m.user_id = (select auth.uid()) and 'conformance:' || m.room = (select realtime.topic())));
  create policy conformance_send on realtime.messages for insert to authenticated with check (
    realtime.messages.extension = 'broadcast' and exists (
      select from public.conformance_members m
      where m.user_id = (select auth.uid()) and m.may_send and 'conformance:' || m.room = (select realtime.topic())));

  insert into storage.buckets (id, name, public) values ('conformance', 'conformance', false);
  create policy conformance_files on storage.objects to authenticated
    using (bucket_id = 'conformance' and (storage.foldername(name))[1] = (select auth.uid()::text))
    with check (bucket_id = 'conformance' and (storage.foldername(name))[1] = (select auth.uid()::text));

  notify pgrst, 'reload schema';
`;

export const CLEAN_UP = `
  drop policy if exists conformance_read on realtime.messages;
  drop policy if exists conformance_send on realtime.messages;
  drop policy if exists conformance_files on storage.objects;
  drop table if exists public.conformance_notes, public.conformance_members;
  drop function if exists public.conformance_whoami(text);
`;
