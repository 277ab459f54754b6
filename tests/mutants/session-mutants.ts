import type { Mutant } from "./mutants.ts";

const SQL = "packages/db/supabase/migrations";
const CORE = "packages/core/src/orchestration";
const sessions = (file: string, test: string) => ({
  file: `packages/control/test/sessions/${file}.test.ts`,
  test,
});

/** What sessions of agents, their quotas and their ends may get wrong. */
export const SESSION_MUTANTS: readonly Mutant[] = [
  {
    name: "a session that hears of one end twice",
    file: `${CORE}/advance.ts`,
    edits: [
      ["if (child === undefined || isEnded(child)) return", "if (child === undefined) return"],
    ],
    killer: {
      file: `${CORE}/orchestration.test.ts`,
      test: "ends with one outcome, within its bounds, and does nothing twice",
    },
  },
  {
    name: "a session whose losers go on",
    file: `${CORE}/moves.ts`,
    edits: [["open.length === 0 ? []", "open.length >= 0 ? []"]],
    killer: sessions("strategies", "the first that is there wins a race"),
  },
  {
    name: "a session whose children keep what was reserved for them",
    file: `${SQL}/0109_mended_functions.sql`,
    edits: [["      perform app.settle_budget(v_id, '{}');\n", "      null;\n"]],
    killer: sessions("quotas", "a swarm that is larger than the tenant allows"),
  },
  {
    name: "a session whose quotas hold for its own step alone",
    file: `${SQL}/0097_session_tree.sql`,
    edits: [
      [
        "session_id is not null and b.subject = any (v_above)",
        "session_id is not null and b.subject = v_step",
      ],
    ],
    killer: sessions("quotas", "depth counts from the session's root"),
  },
  {
    name: "a session whose quotas outlive it",
    file: `${SQL}/0109_mended_functions.sql`,
    edits: [
      [
        "b set removed_at = clock_timestamp() where b.session_id",
        "b set note = b.note where b.session_id",
      ],
    ],
    killer: sessions("cascade", "and all their quotas end"),
  },
];
