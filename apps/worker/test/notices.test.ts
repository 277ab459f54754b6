import { randomUUID } from "node:crypto";
import { seedTenant, until } from "@nofx/db/testing";
import { SMTPServer } from "smtp-server";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createMailer, type Mailer } from "../src/relay/send-mail.ts";
import { startRelays, type Relays } from "./relay-harness.ts";

const publicUrl = "https://nofx.example.org";
let t: Relays;
let mails: { to: string[]; text: string }[];
/** The next answers to a whole mail; 250 when there are none. */
let answers: number[];
let smtp: SMTPServer;
let mailer: Mailer;
beforeAll(async () => {
  t = await startRelays();
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, session, done) {
      let text = "";
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      stream.on("end", () => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
        const responseCode = answers.shift();
        done(responseCode === undefined ? null : Object.assign(new Error("no"), { responseCode }));
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
  const { port } = smtp.server.address() as { port: number };
  mailer = createMailer({ url: `smtp://127.0.0.1:${port}`, from: "NOFX <nofx@mail.example.org>" });
});
beforeEach(() => {
  mails = [];
  answers = [];
});
afterEach(() => t.stopRelays());
afterAll(async () => {
  await new Promise<void>((resolve) => smtp.close(resolve));
  await t[Symbol.asyncDispose]();
});

/** A tenant with a blocked plan, and what is told of it. */
async function aTenant() {
  const { id } = await seedTenant(t.owner);
  const { rows } = await t.owner.query(
    `with pack as (insert into packs (tenant_id, name) values ($1, 'release') returning id)
     insert into plans (tenant_id, pack_id, version, title, status, verdict, score, digest, step_count, correlation_id, created_by_type, created_by)
     select $1, id, 1, 'Release <12> & co', 'blocked', 'block', 0, $2, 1, $1, 'system', 'test' from pack returning id`,
    [id, "a".repeat(64)],
  );
  const blocked = { plan_id: rows[0].id as string, verdict: "block" };
  return { id, block: () => t.happen(id, ["plan.blocked"], blocked) };
}

async function channel(
  tenantId: string,
  format: "slack" | "email",
  more: { secretUrl?: string; recipients?: string[]; titles?: boolean },
): Promise<string> {
  const id = randomUUID();
  await t.owner.query(
    `insert into webhooks (id, tenant_id, format, url, titles, recipients, event_types, created_by)
     values ($1, $2, $3, $4, $5, $6, '{plan.blocked}', $1)`,
    [id, tenantId, format, `${format}:`, more.titles ?? true, more.recipients ?? []],
  );
  if (more.secretUrl !== undefined) {
    await t.owner.query(
      "insert into webhook_secrets (webhook_id, tenant_id, url) values ($1, $2, $3)",
      [id, tenantId, more.secretUrl],
    );
  }
  await t.owner.query(
    "insert into webhook_cursors (webhook_id, tenant_id, seq) values ($1, $2, 0)",
    [id, tenantId],
  );
  return id;
}

async function member(tenantId: string, email: string): Promise<string> {
  const { rows } = await t.owner.query(
    "insert into members (tenant_id, user_id, email, name, role) values ($1, $2, $3, 'Ann', 'admin') returning user_id",
    [tenantId, randomUUID(), email],
  );
  return rows[0].user_id as string;
}

const logOf = async (id: string) =>
  (
    await t.owner.query(
      "select type, attempt, status, http_status, error from webhook_deliveries where webhook_id = $1 order by id",
      [id],
    )
  ).rows;
const headerOf = (text: string | undefined, name: string) =>
  new RegExp(`^${name}: *(.*)$`, "im")
    .exec((text ?? "").replaceAll(/\r\n[ \t]+/g, " "))?.[1]
    ?.trim();

test("a channel of Slack is told in blocks, with titles only where it may show them", async () => {
  const tenant = await aTenant();
  const [open, closed] = [await t.receiver(), await t.receiver()];
  for (const at of [open, closed]) at.answer = () => ({ status: 200, body: "ok" });
  const id = await channel(tenant.id, "slack", { secretUrl: open.url });
  await channel(tenant.id, "slack", { secretUrl: closed.url, titles: false });
  await tenant.block();
  t.relay(undefined, { people: { publicUrl } });
  await until("both are told", () => open.heard.length + closed.heard.length === 2);
  const body = JSON.parse(open.heard[0]?.body ?? "");
  expect(body.blocks[0].text.text).toBe("A gate blocks a plan");
  expect(body.blocks[1].text.text).toBe("Release <12> & co");
  expect(body.blocks[2].elements[0].text).toContain(`<${publicUrl}/plans/plan_`);
  expect(open.heard[0]?.headers["webhook-signature"]).toBeUndefined();
  expect(closed.heard[0]?.body).not.toContain("Release");
  await until("it is noted", async () => (await t.cursor(id)).seq === 1);
  expect(await logOf(id)).toMatchObject([{ status: "delivered", http_status: 200 }]);
});

test.each([
  [{ status: 404, body: "no_service" }, "disabled", 0, "It answered 404: no_service."],
  [{ status: 410, body: "channel_is_archived" }, "disabled", 0, "It answered 410: channel_is_arch"],
  [{ status: 404, body: "<html>who knows</html>" }, "active", 0, "It answered 404."],
  [{ status: 429, headers: { "retry-after": "900" } }, "active", 800, "It answered 429."],
])("Slack's %j leaves the channel %s, resting %i s", async (answer, status, least, said) => {
  const tenant = await aTenant();
  const at = await t.receiver();
  at.answer = () => answer;
  const id = await channel(tenant.id, "slack", { secretUrl: at.url });
  await tenant.block();
  t.relay();
  await until("it was tried", async () => (await t.cursor(id)).attempts === 1);
  expect((await t.cursor(id)).status).toBe(status);
  const [row] = await logOf(id);
  expect(row.error).toContain(said);
  const { rows } = await t.owner.query(
    "select extract(epoch from next_at - clock_timestamp())::float as rest from webhook_cursors where webhook_id = $1",
    [id],
  );
  expect(rows[0].rest).toBeGreaterThan(least);
});

test("a burst is one mail a minute, to those recipients who are members, from a list that says its name", async () => {
  const tenant = await aTenant();
  const ann = await member(tenant.id, "ann@example.org");
  const elsewhere = await member((await seedTenant(t.owner)).id, "bob@example.org");
  const id = await channel(tenant.id, "email", { recipients: [ann, elsewhere, randomUUID()] });
  for (let i = 0; i < 3; i++) await tenant.block();
  t.relay(undefined, { people: { publicUrl, mailer } });
  await until("all is told", async () => (await t.cursor(id)).seq === 3);
  expect(mails.map(({ to }) => to)).toEqual([["ann@example.org"]]);
  const { text = "" } = mails[0] ?? {};
  expect(headerOf(text, "Subject")).toContain("3 things happened, the first: A gate blocks a plan");
  expect(headerOf(text, "List-Id")).toBe(`NOFX notices <${id}.mail.example.org>`);
  expect(headerOf(text, "Message-ID")).toContain(`${id}@mail.example.org>`);
  expect(text).toContain("Content-Type: text/plain");
  const unwrapped = text.replaceAll("=\r\n", "");
  expect(unwrapped.match(/Release &lt;12&gt; &amp; co/g)).toHaveLength(3);
  expect(unwrapped).toMatch(/At \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
  expect(await logOf(id)).toHaveLength(3);
  await tenant.block();
  expect(await t.claimed(id)).toEqual([]);
  await t.due(id);
  await until("the next mail has the fourth", () => mails.length === 2);
  expect(headerOf(mails[1]?.text, "Subject")).toContain("A gate blocks a plan: Release <12> & co");
});

test("a mail that is tried again is the same mail, whatever has happened since", async () => {
  const tenant = await aTenant();
  const recipients = [await member(tenant.id, "ann@example.org")];
  const id = await channel(tenant.id, "email", { recipients });
  await tenant.block();
  answers = [451];
  t.relay(undefined, { people: { mailer } });
  await until("it was refused", async () => (await t.cursor(id)).attempts === 1);
  expect((await logOf(id))[0].error).toBe("The mail server answered 451.");
  await tenant.block();
  await t.due(id);
  await until("it was taken", async () => (await t.cursor(id)).seq === 1);
  // all of it but the boundary, which is drawn anew
  const [first, second] = mails.map(({ text }) => text.replaceAll(/--_NmP-[\w-]+/g, "--"));
  expect(second).toBe(first);
  await until("it is let go", async () => {
    await t.due(id);
    return mails.length === 3;
  });
  expect(headerOf(mails[2]?.text, "Message-ID")).not.toBe(headerOf(first, "Message-ID"));
});

test("without a mail server, or without anybody to write to, the log says so", async () => {
  const tenant = await aTenant();
  const [ann, gone] = [await member(tenant.id, "ann@example.org"), randomUUID()];
  const off = await channel(tenant.id, "email", { recipients: [ann] });
  await tenant.block();
  t.relay();
  await until("it was tried", async () => (await t.cursor(off)).attempts === 1);
  expect((await logOf(off))[0].error).toContain("NOFX_SMTP_URL");
  await t.stopRelays();
  const nobody = await channel(tenant.id, "email", { recipients: [gone] });
  t.relay(undefined, { people: { mailer } });
  await until("it is disabled", async () => (await t.cursor(nobody)).status === "disabled");
  expect((await logOf(nobody))[0].error).toContain("member");
});
