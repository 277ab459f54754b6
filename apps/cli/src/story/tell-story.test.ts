import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ErrorCode } from "@nofx/core/errors";
import { NofxError } from "@nofx/core/errors";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isStoryTold, tellStory, type StoryApi } from "./tell-story.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "nofx-story-"));
});
afterEach(() => rmSync(home, { recursive: true }));

function apiOf(executes: () => { runId: string; steps: number }) {
  const done: string[] = [];
  const note = (what: string, key: string) => done.push(`${what} ${key}`);
  const api = {
    importBacklog: async (_: unknown, key: string) => {
      note("import", key);
      return { pack: "release-train", items: 12 };
    },
    createPlan: async ({ pack }: { pack: string }, key: string) => {
      note(`plan ${pack}`, key);
      return { id: "plan_1", version: 1, planApprovalId: "approval_1" };
    },
    decide: async (id: string, { decision }: { decision: string }, key: string) => {
      note(`${decision} ${id}`, key);
      return {};
    },
    executePlan: async (id: string, key: string) => {
      note(`execute ${id}`, key);
      return executes();
    },
  } as unknown as StoryApi;
  return { api, done };
}

const tell = (api: StoryApi) => tellStory({ home, operator: api, supervisor: api, note: () => {} });

it("begins once, under keys that let a start which was cut short go on", async () => {
  const { api, done } = apiOf(() => ({ runId: "run_1", steps: 12 }));
  expect(isStoryTold(home)).toBe(false);
  expect(await tell(api)).toBe("12 items, plan version 1, a run under way");
  expect(isStoryTold(home)).toBe(true);
  expect(done).toEqual([
    "import npm-start-import",
    "plan release-train npm-start-plan",
    "approve approval_1 npm-start-approve",
    "execute plan_1 npm-start-execute",
  ]);
});

const refusing = (code: ErrorCode) =>
  apiOf(() => {
    throw new NofxError(code);
  }).api;

it("leaves the story to whoever has planned or decided in the meantime", async () => {
  expect(await tell(refusing("plan_changed"))).toBe("12 items, plan version 1");
  expect(isStoryTold(home)).toBe(true);
});

it("begins again at the next start when it failed", async () => {
  await expect(tell(refusing("unavailable"))).rejects.toMatchObject({ code: "unavailable" });
  expect(isStoryTold(home)).toBe(false);
});
