import { expect, test } from "vitest";
import { EXAMPLE_PAYLOADS, uuid } from "../messages/example-payloads.ts";
import { describeEvent, LISTED, mailBody, NOTICE_TYPES, slackBody } from "./index.ts";

const at = "2026-11-21T10:42:00.000Z";
const event = (type: string, payload: object = {}, n = 1) => ({
  id: uuid(n),
  type,
  at,
  payload: { ...payload },
});
const told = (type: (typeof NOTICE_TYPES)[number], facts = {}) =>
  describeEvent(event(type, EXAMPLE_PAYLOADS[type]), facts);
const url = "https://nofx.example.org";

test.each(NOTICE_TYPES)("%s has words, and a page of the dashboard", (type) => {
  const notice = told(type);
  expect(notice.headline).toMatch(/^[A-Z].{5,}$/);
  expect(notice.headline).not.toContain("test");
  expect(notice.path).toMatch(
    /^\/(?:plans|approvals|runs|dead-letters|schedules|webhooks|gates|budgets)/,
  );
  // ids are in the page's address alone, and nobody reads `undefined`
  expect(JSON.stringify({ ...notice, path: "", id: "" })).not.toMatch(/undefined|null|01930000/);
});

test("titles are told where there are any, clipped, on one line, hiding nothing", () => {
  const facts = { approval: "Deploy\nthe \u202eapi", plan: "Release 12", step: "api.deploy" };
  expect(told("approval.requested", { ...facts, expires_at: at })).toMatchObject({
    about: "Deploy the ⟨U+202E⟩api · Release 12 · api.deploy",
    details: ["About a plan", "Open until 2026-11-21 10:42 UTC"],
  });
  const long = told("plan.ready", { plan: "x".repeat(1_000) });
  expect(long.about).toHaveLength(200);
  expect(told("plan.ready").about).toBeUndefined();
});

test("an approval that ended says how", () => {
  const decided = (status: string) =>
    describeEvent(event("approval.decided", { ...EXAMPLE_PAYLOADS["approval.decided"], status }));
  expect(decided("approved").headline).toBe("An approval was given");
  expect(decided("expired").headline).toContain("ran out");
  expect(decided("superseded").headline).toBe("An approval has ended");
});

test("Slack is told by blocks in which no title mentions or links", () => {
  const plan = "<!channel> *x* <https://evil.example|click> & co";
  const body = JSON.parse(slackBody(told("plan.blocked", { plan }), url));
  expect(body.blocks.map((block: { type: string }) => block.type)).toEqual([
    "header",
    "section",
    "context",
  ]);
  expect(body.blocks[1].text).toEqual({ type: "plain_text", text: plan, emoji: false });
  expect(body.text).toBe(
    "A gate blocks a plan: &lt;!channel&gt; *x* &lt;https://evil.example|click&gt; &amp; co",
  );
  expect(body.blocks[2].elements[0].text).toMatch(
    /^Verdict: block {2}· {2}<https:\/\/nofx\.example\.org\/plans\/plan_[0-9a-z]{26}\|Open in NOFX>$/,
  );
  const without = slackBody(told("run.failed"), undefined);
  expect(JSON.parse(without).blocks).toHaveLength(1);
});

test("one thing is a mail of its own; many are listed, and counted where they are too many", () => {
  const one = told("plan.ready", { plan: `<b>&"'</b>` });
  const mail = mailBody([one], url, 1);
  expect(mail.subject).toBe(`A plan is ready: <b>&"'</b>`);
  expect(mail.text).toContain(`${url}${one.path}`);
  expect(mail.html).toContain("&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;");
  expect(mail.html).not.toMatch(/<(?:b|img|script|style|link)\b/);
  const many = Array.from({ length: LISTED }, () => told("run.failed", { run: "nightly" }));
  const digest = mailBody(many, undefined, 55);
  expect(digest.subject).toBe("55 things happened, the first: A run failed");
  expect(digest.text.match(/nightly/g)).toHaveLength(LISTED);
  expect(digest.text).toContain("And 15 more");
  expect(digest.text).not.toContain("http");
});

test("an event that no words fit holds nothing up", () => {
  for (const payload of [{}, { plan_id: "none" }, { plan_id: 7 }]) {
    expect(describeEvent(event("plan.ready", payload))).toMatchObject({
      headline: "Something happened: plan.ready",
      path: "/",
    });
  }
});

test("a trial says that it is one", () => {
  expect(describeEvent(event("webhook.tested", { webhook_id: uuid(1) })).headline).toContain(
    "test",
  );
});
