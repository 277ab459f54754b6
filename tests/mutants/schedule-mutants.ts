import type { Mutant } from "./mutants.ts";

const SQL = "packages/db/supabase/migrations";
const TESTS = "packages/control/test";
const leadership = (test: string) => ({ file: `${TESTS}/leadership/leadership.test.ts`, test });

/** What a leader, and the schedules that it fires, may get wrong. */
export const SCHEDULE_MUTANTS: readonly Mutant[] = [
  {
    name: "an election that does not raise the term",
    file: `${SQL}/0040_leadership.sql`,
    edits: [["set term = l.term + 1,", "set term = l.term,"]],
    killer: leadership("and each term is led once"),
  },
  {
    name: "a frozen leader that keeps its lock",
    file: "packages/db/src/leases/leadership.ts",
    edits: [["[`${patienceMs}ms`]", '["0"]']],
    killer: leadership("a leader that is frozen is deposed"),
  },
  {
    name: "a term that begins in the middle of a write of the one before",
    file: `${SQL}/0040_leadership.sql`,
    edits: [["  perform pg_advisory_xact_lock_shared(engine.leader_lock(p_role, 2));\n", ""]],
    killer: leadership("no term begins while a write of the one before is under way"),
  },
  {
    name: "a scheduler that fires under whatever term",
    file: `${SQL}/0041_schedules.sql`,
    edits: [["  perform engine.assert_term('scheduler', p_term);\n", ""]],
    killer: {
      file: `${TESTS}/schedules/commands.test.ts`,
      test: "what an older leader decided is refused",
    },
  },
  {
    name: "a list of times of day that is left out in the night when clocks go forward",
    file: "packages/control/src/schedules/timetable.ts",
    edits: [['fixedTimeRule: "no-wildcard"', 'fixedTimeRule: "single-value"']],
    killer: {
      file: `${TESTS}/schedules/timetable.test.ts`,
      test: "clocks go forward: a time that is left out takes place",
    },
  },
];
