import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { signToken } from "../../src/local-stack/index.ts";
import { startRealtime } from "../../src/local-stack/realtime/index.ts";
import { startTestStack, withClient } from "../../src/testing/index.ts";
import type { TestStack } from "../../src/testing/index.ts";
import { RealtimeTestClient } from "./realtime-client.ts";

let stack: TestStack;
let db: pg.Client;
let clients: RealtimeTestClient[] = [];

beforeAll(async () => {
  stack = await startTestStack({ recheckSeconds: 0.1 });
  db = new pg.Client({ connectionString: stack.database.url("postgres") });
  await db.connect();
  await db.query(`
    create table public.rooms (user_id uuid, topic text, may_send boolean);
    alter table public.rooms enable row level security;
    grant select on public.rooms to authenticated;
    create policy all_rooms on public.rooms for select to authenticated using (true);
    create policy rooms_read on realtime.messages for select to authenticated using (
      exists (select from public.rooms r where r.user_id = auth.uid() and r.topic = realtime.topic()));
    create policy rooms_send on realtime.messages for insert to authenticated with check (
      exists (select from public.rooms r where r.user_id = auth.uid() and r.topic = realtime.topic() and r.may_send));
  `);
});

afterEach(() => {
  for (const client of clients) client.ws.terminate();
  clients = [];
});

afterAll(async () => {
  await db?.end();
  await stack?.stop();
});

function connect(version?: string): RealtimeTestClient {
  const client = new RealtimeTestClient(stack.gatewayUrl, stack.keys.publishableKey, version);
  clients.push(client);
  return client;
}

/** A user who may read a topic of its own. */
async function member(maySend = false) {
  const [user, topic] = [randomUUID(), `room:${randomUUID()}`];
  await db.query("insert into public.rooms values ($1, $2, $3)", [user, topic, maySend]);
  const token = (lifetime = 60) =>
    signToken({ role: "authenticated", sub: user }, stack.keys.jwtSecret, lifetime);
  return { user, topic, token };
}

const send = (topic: string, payload: unknown = { n: 1 }) =>
  db.query("select realtime.send($1::jsonb, 'note', $2, true)", [JSON.stringify(payload), topic]);

describe("a socket", () => {
  it("opens for a known API key at the known address only", async () => {
    const guess = new RealtimeTestClient(stack.gatewayUrl, "sb_publishable_guess");
    await vi.waitFor(() => expect(guess.closed).toBeDefined());
    const future = connect("9.0.0");
    await vi.waitFor(() => expect(future.closed).toBeDefined());
  });

  it("answers a heartbeat, and an event it does not know with an error", async () => {
    const client = await connect().opened();
    expect(await client.ask("phoenix", "heartbeat", {})).toEqual({ status: "ok", response: {} });
    expect(await client.ask("realtime:x", "presence", {})).toMatchObject({ status: "error" });
  });

  it("is closed when it sends what is no message", async () => {
    const client = await connect().opened();
    client.ws.send("rubbish");
    await vi.waitFor(() => expect(client.closed?.code).toBe(1007));
  });

  it("is closed when it sends more than fits", async () => {
    const client = await connect().opened();
    client.ws.send("x".repeat(300 * 1024));
    await vi.waitFor(() => expect(client.closed?.code).toBe(1009));
  });

  it("is closed when it sends faster than it is served", async () => {
    const { topic, token } = await member();
    const client = await connect().opened();
    const payload = { config: { private: true }, access_token: token() };
    for (let n = 0; n < 1000; n += 1)
      client.send(`${n}`, `${n}`, `realtime:${topic}`, "phx_join", payload);
    await vi.waitFor(() => expect(client.closed?.code).toBe(1008), 15_000);
  });

  it("is dropped when it reads too slowly, so that it cannot fill the memory", async () => {
    const { topic, token } = await member();
    const client = await connect().opened();
    await client.join(topic, token());
    client.ws.pause();
    await db.query(
      "select realtime.send(jsonb_build_object('text', repeat('x', 100000)), 'note', $1, true) from generate_series(1, 200)",
      [topic],
    );
    // Messages are handed on in order: once this one is here, the burst has been dealt with.
    const last = await member();
    const other = await connect().opened();
    await other.join(last.topic, last.token());
    await send(last.topic);
    await vi.waitFor(() => expect(other.events(last.topic, "broadcast")).toHaveLength(1), 15_000);
    client.ws.resume();
    await vi.waitFor(() => expect(client.closed?.code).toBe(1006), 15_000);
    expect(client.events(topic, "broadcast").length).toBeLessThan(200);
  });

  it("speaks version 1 too", async () => {
    const { topic, token } = await member();
    const client = await connect("1.0.0").opened();
    const payload = { config: { private: true }, access_token: token() };
    client.ws.send(
      JSON.stringify({
        topic: `realtime:${topic}`,
        event: "phx_join",
        ref: "1",
        join_ref: "1",
        payload,
      }),
    );
    await vi.waitFor(() =>
      expect(client.events(topic, "phx_reply")).toMatchObject([{ status: "ok" }]),
    );
    await send(topic);
    await vi.waitFor(() =>
      expect(client.events(topic, "broadcast")).toMatchObject([
        { event: "note", payload: { n: 1 } },
      ]),
    );
  });
});

describe("a join", () => {
  it("is refused for a public channel, postgres changes, a malformed payload and a topic that is none", async () => {
    const { topic, token } = await member();
    const client = await connect().opened();
    expect(await client.join(topic, token(), { private: false })).toMatchObject({
      status: "error",
    });
    expect(
      await client.join(topic, token(), { private: true, postgres_changes: [{}] }),
    ).toMatchObject({ status: "error" });
    expect(await client.join(topic, token(), { private: "yes" })).toMatchObject({
      status: "error",
    });
    expect(await client.ask("room:1", "phx_join", { config: { private: true } })).toMatchObject({
      status: "error",
    });
  });

  it("is refused for a token that is forged, expired, or names a role that is not the API's", async () => {
    const { topic, user, token } = await member();
    const client = await connect().opened();
    const reasonOf = async (bearer: string) => {
      const { response } = (await client.join(topic, bearer)) as { response: { reason: string } };
      return response.reason;
    };
    expect(await reasonOf(`${token()}x`)).toContain("signature");
    expect(await reasonOf(token(-1))).toContain("expired");
    expect(await reasonOf("rubbish")).toContain("not a valid JWT");
    const roles = ["postgres", "nofx_worker", "supabase_admin"];
    for (const role of roles) {
      expect(await reasonOf(signToken({ role, sub: user }, stack.keys.jwtSecret, 60))).toContain(
        "Unauthorized",
      );
    }
  });

  it("brings each message once, though the same socket joined twice", async () => {
    const { topic, token } = await member();
    const client = await connect().opened();
    await client.join(topic, token());
    await client.join(topic, token());
    await send(topic, { n: 1 });
    await send(topic, { n: 2 });
    await vi.waitFor(() => expect(client.events(topic, "broadcast")).toHaveLength(2));
  });

  it("ends with a leave", async () => {
    const [left, kept] = [await member(), await member()];
    const client = await connect().opened();
    await client.join(left.topic, left.token());
    await client.join(kept.topic, kept.token());
    expect(await client.ask(`realtime:${left.topic}`, "phx_leave", {})).toMatchObject({
      status: "ok",
    });
    await send(left.topic);
    await send(kept.topic);
    await vi.waitFor(() => expect(client.events(kept.topic, "broadcast")).toHaveLength(1));
    expect(client.events(left.topic, "broadcast")).toEqual([]);
  });
});

describe("a subscription", () => {
  it("ends when its token expires and is not renewed", async () => {
    const { topic, token } = await member();
    const client = await connect().opened();
    expect(await client.join(topic, token(1))).toMatchObject({ status: "ok" });
    await vi.waitFor(() => expect(client.events(topic, "phx_close")).toHaveLength(1), 15_000);
    expect(client.events(topic, "system")).toMatchObject([
      { status: "error", message: expect.stringContaining("expired") },
    ]);
    await send(topic);
    await client.ask("phoenix", "heartbeat", {});
    expect(client.events(topic, "broadcast")).toEqual([]);
  });

  it("ends at once when it is given a token that may not be there", async () => {
    const { topic, token } = await member();
    const stranger = await member();
    const client = await connect().opened();
    await client.join(topic, token());
    client.send(null, "t", `realtime:${topic}`, "access_token", { access_token: stranger.token() });
    await vi.waitFor(() => expect(client.events(topic, "phx_close")).toHaveLength(1), 15_000);
  });

  it("gets nothing of a message that was rolled back, and all of a transaction with many in order", async () => {
    const { topic, token } = await member();
    const client = await connect().opened();
    await client.join(topic, token());
    await db.query("begin");
    await send(topic, { n: -1 });
    await db.query("rollback");
    await db.query(
      "select realtime.send(jsonb_build_object('n', n), 'note', $1, true) from generate_series(1, 300) n",
      [topic],
    );
    await vi.waitFor(() => expect(client.events(topic, "broadcast")).toHaveLength(300), 15_000);
    const numbers = client
      .events(topic, "broadcast")
      .map(({ payload }) => (payload as { n: number }).n);
    expect(numbers).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  });

  it("is told to connect again when messages may have been missed, and then gets the next", async () => {
    const { topic, token } = await member();
    const client = await connect().opened();
    await client.join(topic, token());
    await withClient(stack.database.adminUrl, (admin) =>
      admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nofx realtime' and query like 'listen%'",
      ),
    );
    await vi.waitFor(() => expect(client.closed?.code).toBe(1012), 15_000);
    const again = await connect().opened();
    await vi.waitFor(
      async () => expect(await again.join(topic, token())).toMatchObject({ status: "ok" }),
      15_000,
    );
    await vi.waitFor(async () => {
      await send(topic);
      expect(again.events(topic, "broadcast").length).toBeGreaterThan(0);
    }, 15_000);
  });
});

describe("sending without a socket", () => {
  const post = (path: string, body: unknown, bearer?: string, apikey = stack.keys.publishableKey) =>
    fetch(`${stack.gatewayUrl}/realtime/v1/api/broadcast${path}`, {
      method: "POST",
      headers: {
        apikey,
        "content-type": "application/json",
        ...(bearer && { authorization: `Bearer ${bearer}` }),
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  it("reaches those who listen when the bearer may send, in both forms", async () => {
    const { topic, token } = await member(true);
    const client = await connect().opened();
    await client.join(topic, token());
    const messages = [{ topic, event: "note", payload: { n: 1 }, private: true }];
    expect((await post("", { messages }, token())).status).toBe(202);
    expect(
      (await post(`/${encodeURIComponent(topic)}/events/note?private=true`, { n: 2 }, token()))
        .status,
    ).toBe(202);
    expect(
      (
        await post(
          "",
          { messages: [{ ...messages[0], payload: { n: 3 } }] },
          undefined,
          stack.keys.secretKey,
        )
      ).status,
    ).toBe(202);
    await vi.waitFor(() => expect(client.events(topic, "broadcast")).toHaveLength(3));
  });

  it("is refused without the right, without a key, and for what is no message", async () => {
    const { topic, token } = await member(false);
    const messages = [{ topic, event: "note", payload: {}, private: true }];
    expect((await post("", { messages }, token())).status).toBe(403);
    expect((await post("", { messages })).status).toBe(403);
    expect((await post("", { messages }, token(-1))).status).toBe(401);
    expect((await post("", { messages }, token(), "sb_publishable_guess")).status).toBe(401);
    expect(
      (await post("", { messages: [{ topic, event: "note", payload: {} }] }, token())).status,
    ).toBe(422);
    expect((await post("", "rubbish", token())).status).toBe(422);
    expect((await post("", { messages: "none" }, token())).status).toBe(422);
  });
});

it("keeps a message for an hour, no longer", async () => {
  await db.query(`insert into realtime.messages (topic, extension, event, private, inserted_at)
    values ('old', 'broadcast', 'note', true, now() - interval '61 minutes'), ('new', 'broadcast', 'note', true, now())`);
  const realtime = await startRealtime({
    databaseUrl: stack.database.url("nofx_gateway"),
    keys: stack.keys,
    log: () => {},
  });
  await realtime.stop();
  const { rows } = await db.query(
    "select topic from realtime.messages where topic in ('old', 'new')",
  );
  expect(rows).toEqual([{ topic: "new" }]);
});
