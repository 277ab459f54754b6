import { randomBytes } from "node:crypto";
import type { RealtimeChannel, SupabaseClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { CLEAN_UP, SET_UP, startTarget } from "./conformance-target.ts";
import type { Target } from "./conformance-target.ts";

const PASSWORD = "a-long-enough-password";

let target: Target;
let ada: { client: SupabaseClient; id: string; email: string };
let bob: { client: SupabaseClient; id: string; email: string };

beforeAll(async () => {
  target = await startTarget();
  await target.db.query(CLEAN_UP);
  await target.db.query(SET_UP);
  ada = await signUp("ada");
  bob = await signUp("bob");
  // The API learns of the new table by a notification.
  await vi.waitFor(async () => {
    const { error } = await ada.client.from("conformance_notes").select("id");
    expect(error).toBeNull();
  }, 10_000);
});

afterAll(async () => {
  await target?.db.query(CLEAN_UP);
  await target?.stop();
});

async function signUp(name: string) {
  const client = target.client();
  const email = `${name}-${randomBytes(5).toString("hex")}@example.com`;
  const { data, error } = await client.auth.signUp({ email, password: PASSWORD });
  expect(error).toBeNull();
  expect(data.session?.access_token).toBeTypeOf("string");
  return { client, id: data.user?.id ?? "", email };
}

describe("auth", () => {
  it("signs in with the password that was chosen, and tells who it is", async () => {
    const client = target.client();
    const { data, error } = await client.auth.signInWithPassword({
      email: ada.email,
      password: PASSWORD,
    });
    expect(error).toBeNull();
    expect(data.user?.id).toBe(ada.id);
    const me = await client.auth.getUser();
    expect(me.data.user?.email).toBe(ada.email);
  });

  it("refuses a wrong password and an unknown address alike", async () => {
    const client = target.client();
    const wrong = await client.auth.signInWithPassword({
      email: ada.email,
      password: "not the password",
    });
    const unknown = await client.auth.signInWithPassword({
      email: "nobody@example.com",
      password: PASSWORD,
    });
    expect(wrong.error?.code).toBe("invalid_credentials");
    expect(unknown.error?.code).toBe("invalid_credentials");
    expect(wrong.data.session).toBeNull();
  });

  it("gives a new token for a refresh token, and none after signing out", async () => {
    const client = target.client();
    await client.auth.signInWithPassword({ email: bob.email, password: PASSWORD });
    const before = (await client.auth.getSession()).data.session;
    const refreshed = await client.auth.refreshSession();
    expect(refreshed.error).toBeNull();
    expect(refreshed.data.session?.refresh_token).not.toBe(before?.refresh_token);
    await client.auth.signOut();
    const after = await client.auth.refreshSession({ refresh_token: before?.refresh_token ?? "" });
    expect(after.error).not.toBeNull();
  });
});

describe("data", () => {
  it("shows everyone their own rows only", async () => {
    const written = await ada.client
      .from("conformance_notes")
      .insert({ body: "ada's" })
      .select()
      .single();
    expect(written.error).toBeNull();
    expect(written.data.owner).toBe(ada.id);
    await bob.client.from("conformance_notes").insert({ body: "bob's" });
    const seen = await bob.client.from("conformance_notes").select("body");
    expect(seen.data).toEqual([{ body: "bob's" }]);
    const foreign = await bob.client
      .from("conformance_notes")
      .select("body")
      .eq("id", written.data.id);
    expect(foreign.data).toEqual([]);
  });

  it("refuses a row in another's name, a right that was not granted, and who has not signed in", async () => {
    const forged = await bob.client
      .from("conformance_notes")
      .insert({ owner: ada.id, body: "forged" });
    expect(forged.error?.code).toBe("42501");
    const deleted = await ada.client.from("conformance_notes").delete().eq("owner", ada.id);
    expect(deleted.error?.code).toBe("42501");
    const anonymous = await target.client().from("conformance_notes").select("id");
    expect(anonymous.error?.code).toBe("42501");
  });

  it("calls a function with the caller's claims", async () => {
    const { data, error } = await ada.client.rpc("conformance_whoami", { greeting: "hello" });
    expect(error).toBeNull();
    expect(data).toBe(`hello ${ada.email}`);
    const anonymous = await target.client().rpc("conformance_whoami", { greeting: "hello" });
    expect(anonymous.error?.code).toBe("42501");
  });
});

describe("storage", () => {
  const body = "the content of a file";

  it("stores and returns a file through signed URLs, of its owner only", async () => {
    const path = `${ada.id}/signed.txt`;
    const files = ada.client.storage.from("conformance");
    const upload = await files.createSignedUploadUrl(path);
    expect(upload.error).toBeNull();
    // Whoever has the URL may use it: that is what it is for.
    const stored = await target
      .client()
      .storage.from("conformance")
      .uploadToSignedUrl(path, upload.data?.token ?? "", new Blob([body], { type: "text/plain" }));
    expect(stored.error).toBeNull();
    const download = await files.createSignedUrl(path, 60);
    const response = await fetch(download.data?.signedUrl ?? "");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(body);
    const direct = await files.download(path);
    expect(await direct.data?.text()).toContain(body);

    const others = bob.client.storage.from("conformance");
    expect((await others.createSignedUrl(path, 60)).error).not.toBeNull();
    expect((await others.download(path)).error).not.toBeNull();
    expect((await others.createSignedUploadUrl(`${ada.id}/other.txt`)).error).not.toBeNull();
    expect((await others.upload(`${ada.id}/other.txt`, new Blob([body]))).error).not.toBeNull();
    expect((await others.list(ada.id)).data).toEqual([]);
  });

  it("refuses a signed URL that has expired, was changed, or is for another file", async () => {
    const path = `${ada.id}/expiring.txt`;
    const files = ada.client.storage.from("conformance");
    expect((await files.upload(path, new Blob([body], { type: "text/plain" }))).error).toBeNull();
    const { data } = await files.createSignedUrl(path, 1);
    const url = data?.signedUrl ?? "";
    expect((await fetch(`${url}x`)).ok).toBe(false);
    expect((await fetch(url.replace("expiring.txt", "signed.txt"))).ok).toBe(false);
    await vi.waitFor(async () => expect((await fetch(url)).status).toBe(400), {
      timeout: 15_000,
      interval: 200,
    });
  });

  it("signs several files at once, and names the download as asked", async () => {
    const files = ada.client.storage.from("conformance");
    const path = `${ada.id}/named.txt`;
    const stored = await files.upload(path, new Blob([body], { type: "text/plain" }), {
      cacheControl: "60",
    });
    expect(stored.error).toBeNull();
    const { data } = await files.createSignedUrls([path, `${ada.id}/missing.txt`], 60);
    expect(data?.map(({ signedUrl, error }) => [signedUrl !== null, error === null])).toEqual([
      [true, true],
      [false, false],
    ]);
    const named = await files.createSignedUrl(path, 60, { download: "report.txt" });
    const response = await fetch(named.data?.signedUrl ?? "");
    expect(response.headers.get("content-disposition")).toMatch(
      /^attachment; filename="?report\.txt/,
    );
    expect(response.headers.get("cache-control")).toContain("max-age=60");
  });

  it("removes a file for its owner and not for others", async () => {
    const path = `${ada.id}/removed.txt`;
    const files = ada.client.storage.from("conformance");
    await files.upload(path, new Blob([body], { type: "text/plain" }));
    expect((await bob.client.storage.from("conformance").remove([path])).data).toEqual([]);
    expect((await files.download(path)).error).toBeNull();
    expect((await files.remove([path])).data).toHaveLength(1);
    expect((await files.download(path)).error).not.toBeNull();
  });
});

describe("private channels", () => {
  type Seen = { status: string[]; messages: unknown[]; channel: RealtimeChannel };

  async function member(
    user: { client: SupabaseClient; id: string },
    room: string,
    maySend = false,
  ) {
    await target.db.query("insert into public.conformance_members values ($1, $2, $3)", [
      user.id,
      room,
      maySend,
    ]);
  }

  async function listen(client: SupabaseClient, room: string, config = {}): Promise<Seen> {
    await client.realtime.setAuth();
    const channel = client.channel(`conformance:${room}`, {
      config: { private: true, broadcast: { ack: true, ...config } },
    });
    const seen: Seen = { status: [], messages: [], channel };
    channel.on("broadcast", { event: "*" }, (message) => seen.messages.push(message["payload"]));
    await new Promise<void>((resolve) => {
      channel.subscribe((status) => {
        seen.status.push(status);
        resolve();
      });
    });
    return seen;
  }

  const fromDatabase = (room: string, text: string) =>
    target.db.query(
      "select realtime.send(jsonb_build_object('text', $2::text), 'note', 'conformance:' || $1, true)",
      [room, text],
    );

  const room = () => randomBytes(4).toString("hex");

  it("deliver what the database sends, to members and to nobody else", async () => {
    const here = room();
    await member(ada, here);
    const inside = await listen(ada.client, here);
    expect(inside.status).toEqual(["SUBSCRIBED"]);
    const outside = await listen(bob.client, here);
    expect(outside.status[0]).toBe("CHANNEL_ERROR");
    await fromDatabase(here, "one");
    await fromDatabase(here, "two");
    await vi.waitFor(() => expect(inside.messages).toHaveLength(2), 15_000);
    expect(inside.messages).toMatchObject([{ text: "one" }, { text: "two" }]);
    expect(outside.messages).toEqual([]);
  });

  it("carry what a client sends only when it may send", async () => {
    const here = room();
    await member(ada, here);
    await member(bob, here, true);
    const listener = await listen(ada.client, here);
    const sender = await listen(bob.client, here);
    expect(
      await sender.channel.send({ type: "broadcast", event: "note", payload: { text: "hällo" } }),
    ).toBe("ok");
    await vi.waitFor(() => expect(listener.messages).toMatchObject([{ text: "hällo" }]), 15_000);
    expect(sender.messages).toEqual([]);
    const refused = await listener.channel.send({
      type: "broadcast",
      event: "note",
      payload: { text: "no" },
    });
    expect(refused).not.toBe("ok");
    await sender.channel.send({ type: "broadcast", event: "note", payload: { text: "last" } });
    await vi.waitFor(() => expect(listener.messages).toHaveLength(2), 15_000);
    expect(sender.messages).toEqual([]);
  });

  it("do not open without signing in", async () => {
    const here = room();
    await member(ada, here);
    const anonymous = await listen(target.client(), here);
    expect(anonymous.status[0]).toBe("CHANNEL_ERROR");
  });

  it("fall silent for a member who is removed", async () => {
    const here = room();
    await member(ada, here);
    await member(bob, here);
    const staying = await listen(ada.client, here);
    const leaving = await listen(bob.client, here);
    await fromDatabase(here, "before");
    await vi.waitFor(() => expect(leaving.messages).toHaveLength(1), 15_000);
    await target.db.query("delete from public.conformance_members where user_id = $1", [bob.id]);
    if (target.hosted) {
      // A hosted project asks the policies again when the token changes.
      await bob.client.auth.refreshSession();
      await bob.client.realtime.setAuth();
    }
    await vi.waitFor(() => expect(leaving.status).toContain("CLOSED"), 10_000);
    await fromDatabase(here, "after");
    await vi.waitFor(() => expect(staying.messages).toHaveLength(2), 15_000);
    expect(leaving.messages).toHaveLength(1);
  });

  it("go on after the token was refreshed", async () => {
    const here = room();
    await member(ada, here);
    const seen = await listen(ada.client, here);
    const { error } = await ada.client.auth.refreshSession();
    expect(error).toBeNull();
    await ada.client.realtime.setAuth();
    await fromDatabase(here, "after the refresh");
    await vi.waitFor(
      () => expect(seen.messages).toMatchObject([{ text: "after the refresh" }]),
      15_000,
    );
    expect(seen.status).toEqual(["SUBSCRIBED"]);
  });
});
