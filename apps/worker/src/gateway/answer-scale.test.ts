import type { QueueStats } from "@nofx/control/steps";
import { expect, test } from "vitest";
import { answerScale, fresh } from "./answer-scale.ts";

const stats: QueueStats = {
  workers: 2,
  places: 8,
  queues: [
    {
      queue: "mail",
      ready: 200,
      delayed: 0,
      held: 0,
      in_flight: 4,
      oldest_seconds: 3,
      per_minute: 10,
      failure_rate: 0,
      paused: false,
      max_running: null,
    },
  ],
};
const ask = (text: string, queues = async () => stats) =>
  answerScale(new URLSearchParams(text), queues);

test("a scaler reads a number at a path; places come from the workers that are there", async () => {
  const response = await ask("queue=mail&max=50");
  expect(await response.json()).toMatchObject({ desiredWorkers: 6, currentWorkers: 2, ready: 200 });
  expect(await (await ask("")).json()).toMatchObject({ queue: "default", desiredWorkers: 0 });
});

test("a question that makes no sense is refused; a database that does not answer is no zero", async () => {
  expect((await ask("queue=mail&max=0")).status).toBe(400);
  const down = () => Promise.reject(new Error("down"));
  expect((await ask("queue=mail", down)).status).toBe(503);
});

test("the database is asked once in two seconds, and again at once after a failure", async () => {
  let now = 0;
  let asked = 0;
  let fails = false;
  const queues = fresh(
    async () => {
      asked += 1;
      if (fails) throw new Error("down");
      return stats;
    },
    () => now,
  );
  await queues();
  await queues();
  expect(asked).toBe(1);
  now = 2_000;
  fails = true;
  await expect(queues()).rejects.toThrow("down");
  fails = false;
  await queues();
  expect(asked).toBe(3);
});
