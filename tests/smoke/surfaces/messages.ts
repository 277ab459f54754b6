import { randomUUID } from "node:crypto";
import { check, type Step, type Target } from "../surface.ts";

/** What is said to a run: sent, read, followed, held and redacted, over the public API. A task that waits is what is spoken to. */
export function messages(target: Target): readonly Step[] {
  const { operator, supervisor } = target;
  const secret = `smoke-${randomUUID()}`;
  let runId = "";
  let messageId = "";
  let next = 0;
  let redactionId = "";

  return [
    {
      name: "a task waits, for somebody to speak to",
      async run() {
        const task = { kind: "wait", with: { seconds: 600 }, title: "Smoke: messages" } as const;
        const { runs } = await operator.submitTasks({ tasks: [task] }, randomUUID());
        const [run] = runs;
        check(run !== undefined, "no task was made");
        runId = run;
        return runId;
      },
    },
    {
      name: "something is said to it, once by its key",
      async run() {
        const key = randomUUID();
        const input = { payload: { text: "Go on", secret } };
        const sent = await operator.sendRunMessage(runId, input, key);
        const again = await operator.sendRunMessage(runId, input, key);
        check(again.messageId === sent.messageId, "the same key said it twice");
        messageId = sent.messageId;
      },
    },
    {
      name: "it is read with its place, by page",
      async run() {
        const page = await supervisor.runMessages(runId);
        const found = page.items.find((one) => one.messageId === messageId);
        check(found !== undefined, "it is not among the messages of the run");
        check(found.role === "operator", `its sender is a ${String(found.role)}`);
        check(JSON.stringify(found.payload).includes(secret), "it says something else");
        ({ next } = page);
      },
    },
    {
      name: "a tail waits for what comes",
      async run() {
        const tail = supervisor.runMessages(runId, { after: next, waitSeconds: 15 });
        const { messageId: later } = await operator.sendRunMessage(
          runId,
          { payload: { text: "And on" } },
          randomUUID(),
        );
        const { items } = await tail;
        check(items[0]?.messageId === later, "the tail told of something else");
      },
    },
    {
      name: "what is in no run of the tenant is refused",
      async run() {
        const to = { agent: "nobody-of-that-name", channel: "default" };
        const error = await operator
          .sendRunMessage(runId, { to, payload: { text: "hello" } }, randomUUID())
          .then(
            () => undefined,
            (cause: unknown) => cause as { code?: string },
          );
        check(error?.code === "recipient_unknown", `it said ${error?.code ?? "yes"}`);
      },
    },
    {
      name: "the supervisor redacts it, and it says nothing any more",
      async run() {
        const done = await supervisor.redact({ messageId, reason: "Smoke test" }, randomUUID());
        check(done.status === "applied", `it is ${done.status}`);
        redactionId = done.id;
        const { items } = await operator.runMessages(runId);
        const left = items.find((one) => one.messageId === messageId);
        check(left?.payload === null && left.redacted !== null, "it still says something");
        check(!JSON.stringify(items).includes(secret), "the secret is still there");
        return `copies are gone by ${done.purgeBy ?? "then"}`;
      },
    },
    {
      name: "it is on record, with the time by which copies are gone",
      async run() {
        const now = await supervisor.redaction(redactionId);
        check(now.messages === 1 && now.purgeBy !== null, `it changed ${now.messages} messages`);
      },
    },
    {
      name: "the task is called off",
      async run() {
        await operator.cancelRun(runId, { reason: "Smoke test" }, randomUUID());
      },
    },
  ];
}
