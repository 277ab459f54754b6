import type { Mutant } from "./mutants.ts";

const TESTING = "packages/sdk/src/testing";
const by = (file: string, test: string) => ({
  file: `packages/sdk/test/testing/${file}.test.ts`,
  test,
});

/** Ways to have tests of agents, and checks of new code, say that all is well. */
export const TEST_PLANE_MUTANTS: readonly Mutant[] = [
  {
    name: "test plane: a step that is claimed again has forgotten its checkpoints",
    file: `${TESTING}/plane/claims.ts`,
    edits: [
      [
        "    checkpoints: model.checkpoints\n",
        "    checkpoints: [...model.checkpoints].slice(0, 0)\n",
      ],
    ],
    killer: by("crashes", "a process that dies at"),
  },
  {
    name: "test plane: a question never runs out",
    file: `${TESTING}/plane/sweep.ts`,
    edits: [["if (expiresAt <= time.now) decideApproval", "if (expiresAt < 0) decideApproval"]],
    killer: by("crashes", "a late answer too"),
  },
  {
    name: "test plane: a replay has effects begin",
    file: `${TESTING}/plane/watched-task.ts`,
    edits: [["if (process.watch !== undefined) {", "if (process.isDead) {"]],
    killer: by("replay", "new code that changes"),
  },
  {
    name: "test plane: what is stored and not asked for is not told",
    file: `${TESTING}/histories/held-against.ts`,
    edits: [["if (asked.has(`${kind} ${name}`)) return;", "if (asked.size >= 0) return;"]],
    killer: by("replay", "new code that changes"),
  },
  {
    name: "test plane: a question in other words is the same question",
    file: `${TESTING}/histories/replay-step.ts`,
    edits: [
      [
        "(one) => canonicalJson([one.question, one.arguments]) === scope",
        "(one) => scope !== one.name",
      ],
    ],
    killer: by("replay", "new code that changes"),
  },
  {
    name: "histories of runs that have ended count as live",
    file: "packages/db/src/queries/histories/load-histories.ts",
    edits: [["r.status in ('queued', 'running') and exists", "exists"]],
    killer: { file: "tests/integration/testPlaneParity.test.ts", test: "" },
  },
];
