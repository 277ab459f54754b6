import type { Mutant } from "./mutants.ts";

const SQL = "packages/db/supabase/migrations/0067_engine_approvals.sql";
const CORE = "packages/core/src/approvals";
const CONTROL = "packages/control/test/approvals";

const core = (test: string) => ({ file: `${CORE}/decide.test.ts`, test });
const tools = (test: string) => ({ file: `${CONTROL}/tools.test.ts`, test });

/** Who may decide, what counts, and what a yes is good for. */
export const APPROVAL_MUTANTS: readonly Mutant[] = [
  {
    name: "decide without locking the question",
    file: "packages/control/src/approvals/cast-vote.ts",
    edits: [
      [
        "select id from approvals where id = ${id}::uuid for update",
        "select id from approvals where id = ${id}::uuid",
      ],
    ],
    killer: { file: "packages/control/test/interleavings/approvals.test.ts", test: "two votes" },
  },
  {
    name: "who asked may answer",
    file: "packages/core/src/machine/transition-approval.ts",
    edits: [["state.requesterUserId === event.userId", "state.requesterUserId === event.role"]],
    killer: core("who asked, or stands behind it"),
  },
  {
    name: "who stands behind the agent may answer",
    file: `${CORE}/decide.ts`,
    edits: [["approval.barred.get(voter.userId)", 'approval.barred.get("")']],
    killer: core("who asked, or stands behind it"),
  },
  {
    name: "a delegation frees whose vote it is",
    file: `${CORE}/decide.ts`,
    edits: [["approval.barred.has(userId)", 'approval.barred.has("")']],
    killer: core("a delegation neither gives them a vote"),
  },
  {
    name: "a quorum that one vote fewer meets",
    file: `${CORE}/tally.ts`,
    edits: [["people.length >= rule.quorum", "people.length >= rule.quorum - 1"]],
    killer: core("of a quorum of two"),
  },
  {
    name: "places of groups filled in the order of votes",
    file: `${CORE}/tally.ts`,
    edits: [["sitting !== undefined && !seat(sitting, tried)", "sitting !== undefined"]],
    killer: core("whoever votes first"),
  },
  {
    name: "a yes to the old arguments counts for the edited ones",
    file: `${CORE}/decide.ts`,
    edits: [
      [
        'one.decision !== "reject" && one.argumentsDigest === vote.digest',
        'one.decision !== "reject"',
      ],
    ],
    killer: core("a yes to what was asked is no yes"),
  },
  {
    name: "a grant for any arguments",
    file: SQL,
    edits: [["and o.arguments_digest = p_digest and o.consumed_at", "and o.consumed_at"]],
    killer: tools("it does not begin, and people are asked again"),
  },
  {
    name: "a grant that is good for a second use",
    file: SQL,
    edits: [["o.consumed_at is null and o.expires_at >", "o.expires_at >"]],
    killer: tools("asked for, the step waits without a slot"),
  },
  {
    name: "a grant of another step",
    file: SQL,
    edits: [["o.step_id = p_step and o.tool = p_tool", "o.tool = p_tool"]],
    killer: tools("a grant is one step's and one run's"),
  },
  {
    name: "an intent that was lost with its executor counts as begun",
    file: SQL,
    edits: [
      ["t.status = 'intended' and t.epoch < p_epoch", "t.status = 'intended' and t.epoch < 0"],
    ],
    killer: tools("an intent whose executor was lost"),
  },
];
