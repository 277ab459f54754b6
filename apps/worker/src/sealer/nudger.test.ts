import type { Nudge } from "@nofx/control/steps";
import { VirtualTime, virtualClock } from "@nofx/core/testing";
import { expect, test } from "vitest";
import { Nudger } from "./nudger.ts";

function start() {
  const sent: Nudge[][] = [];
  const time = new VirtualTime();
  const nudger = new Nudger(virtualClock(time), async (nudges) => void sent.push(nudges));
  return { sent, nudger, time };
}

test("the first word is said at once, the next ones together when the pause is over, the newest wins", async () => {
  const { sent, nudger, time } = start();
  nudger.push("run:a", 1);
  await nudger.flush();
  for (const seq of [2, 4, 3]) {
    nudger.push("run:a", seq);
    await nudger.flush();
  }
  expect(sent).toEqual([[{ topic: "run:a", seq: 1 }]]);
  await time.advance(100);
  expect(sent).toEqual([[{ topic: "run:a", seq: 1 }], [{ topic: "run:a", seq: 4 }]]);
});

test("each topic has its own pause", async () => {
  const { sent, nudger, time } = start();
  nudger.push("run:a", 1);
  await nudger.flush();
  nudger.push("run:b", 2);
  nudger.push("run:a", 2);
  await nudger.flush();
  expect(sent).toEqual([[{ topic: "run:a", seq: 1 }], [{ topic: "run:b", seq: 2 }]]);
  await time.advance(100);
  expect(sent.at(-1)).toEqual([{ topic: "run:a", seq: 2 }]);
});

test("under steady traffic a topic is told at most every 100 ms", async () => {
  const { sent, nudger, time } = start();
  for (let seq = 1; seq <= 100; seq++) {
    nudger.push("run:a", seq);
    await nudger.flush();
    await time.advance(10);
  }
  await time.advance(200);
  expect(sent.length).toBeLessThanOrEqual(11);
  expect(sent.at(-1)).toEqual([{ topic: "run:a", seq: 100 }]);
});
