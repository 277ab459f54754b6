import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { decide, type CastVote, type OpenApproval, type Voter } from "./decide.ts";
import { ApprovalRule } from "../vocabulary/index.ts";
import { readRule } from "./rule.ts";
import { tally } from "./tally.ts";

const DIGEST = "asked";

function question(more: Partial<OpenApproval> & { rule?: ApprovalRule } = {}): OpenApproval {
  return {
    status: "pending",
    rule: ApprovalRule.parse({}),
    requesterUserId: "asker",
    argumentsDigest: DIGEST,
    overdue: false,
    escalated: false,
    editable: false,
    barred: new Map(),
    ...more,
  };
}

const person = (userId: string, groups: string[] = []): Voter => ({
  userId,
  role: "supervisor",
  groups,
});
const yes = { decision: "approve" } as const;
const no = { decision: "reject" } as const;
const cast = (userId: string, more: Partial<CastVote> = {}): CastVote => ({
  userId,
  byUserId: userId,
  decision: "approve",
  argumentsDigest: DIGEST,
  groups: [],
  ...more,
});

describe("one vote", () => {
  test("a yes is enough where the rule says nothing, and so is a no", () => {
    expect(decide(question(), [], yes, person("ann"))).toMatchObject({ status: "approved" });
    expect(decide(question(), [], no, person("ann"))).toMatchObject({ status: "rejected" });
  });

  test("of a quorum of two the first yes leaves it open, the second ends it", () => {
    const asked = question({ rule: ApprovalRule.parse({ quorum: 2 }) });
    expect(decide(asked, [], yes, person("ann"))).toMatchObject({ status: "pending" });
    expect(decide(asked, [cast("ann")], yes, person("bob"))).toMatchObject({ status: "approved" });
  });

  test("the same vote again changes nothing, also when it is over; another one of the same person is refused", () => {
    const asked = question({ rule: ApprovalRule.parse({ quorum: 2 }) });
    expect(decide(asked, [cast("ann")], yes, person("ann"))).toEqual({ kind: "unchanged" });
    expect(decide(question({ status: "approved" }), [cast("ann")], yes, person("ann"))).toEqual({
      kind: "unchanged",
    });
    expect(decide(asked, [cast("ann")], no, person("ann"))).toMatchObject({ code: "conflict" });
  });

  test("after the end, or its time, a vote is told so", () => {
    expect(decide(question({ status: "rejected" }), [], yes, person("ann"))).toMatchObject({
      code: "approval_closed",
    });
    expect(decide(question({ overdue: true }), [], yes, person("ann"))).toMatchObject({
      code: "approval_closed",
    });
  });

  test("without a veto as many noes are needed as yeses", () => {
    const asked = question({ rule: ApprovalRule.parse({ quorum: 2, veto: false }) });
    expect(decide(asked, [], no, person("ann"))).toMatchObject({ status: "pending" });
    const before = [cast("ann", { decision: "reject" })];
    expect(decide(asked, before, no, person("bob"))).toMatchObject({ status: "rejected" });
  });

  test("what was shown must be what would run, and what is not to be edited is not", () => {
    expect(decide(question(), [], { ...yes, shownDigest: "other" }, person("ann"))).toMatchObject({
      code: "plan_changed",
    });
    const edit = { decision: "approve_with_changes", editedDigest: "edited" } as const;
    expect(decide(question(), [], edit, person("ann"))).toMatchObject({ code: "invalid_input" });
    expect(decide(question({ editable: true }), [], edit, person("ann"))).toMatchObject({
      status: "approved",
    });
    expect(
      decide(question({ editable: true }), [], { ...edit, editedDigest: DIGEST }, person("ann")),
    ).toMatchObject({ code: "invalid_input" });
  });

  test("a yes to what was asked is no yes to what somebody made of it", () => {
    const asked = question({ editable: true, rule: ApprovalRule.parse({ quorum: 2 }) });
    const edit = { decision: "approve_with_changes", editedDigest: "edited" } as const;
    const first = decide(asked, [cast("ann")], edit, person("bob"));
    expect(first).toMatchObject({ status: "pending", tally: { people: 1 } });
    const edited = { ...asked, argumentsDigest: "edited" };
    const votes = [
      cast("ann"),
      cast("bob", { decision: "approve_with_changes", argumentsDigest: "edited" }),
    ];
    expect(decide(edited, votes, yes, person("ann"))).toMatchObject({ status: "approved" });
  });
});

describe("four eyes", () => {
  const barred = new Map([["owner", "owns agent a"]]);

  test("who asked, or stands behind it, decides nothing: neither yes nor no", () => {
    for (const vote of [yes, no]) {
      for (const who of ["asker", "owner"]) {
        expect(decide(question({ barred }), [], vote, person(who))).toMatchObject({
          code: "approval_self",
        });
      }
    }
  });

  test("a delegation neither gives them a vote nor takes theirs elsewhere", () => {
    const instead = { userId: "cal", name: "Cal", role: "supervisor", groups: [] } as const;
    expect(decide(question({ barred }), [], yes, { ...person("owner"), instead })).toMatchObject({
      code: "approval_self",
    });
    expect(
      decide(question({ barred }), [], yes, {
        ...person("dan"),
        instead: { ...instead, userId: "owner" },
      }),
    ).toMatchObject({ code: "approval_self" });
    expect(
      decide(question(), [], yes, { ...person("dan"), instead: { ...instead, role: "viewer" } }),
    ).toMatchObject({ code: "forbidden" });
  });

  test("one person is one vote: for somebody, or for themselves", () => {
    const asked = question({ rule: ApprovalRule.parse({ quorum: 2 }) });
    const instead = { userId: "cal", name: "Cal", role: "supervisor", groups: [] } as const;
    const forCal = [cast("cal", { byUserId: "dan" })];
    expect(decide(asked, [], yes, { ...person("dan"), instead })).toMatchObject({
      status: "pending",
      userId: "cal",
    });
    expect(decide(asked, forCal, yes, person("dan"))).toMatchObject({ code: "conflict" });
    expect(decide(asked, forCal, yes, person("cal"))).toEqual({ kind: "unchanged" });
    expect(decide(asked, forCal, no, person("cal"))).toMatchObject({ code: "conflict" });
    expect(decide(asked, forCal, yes, person("eve"))).toMatchObject({ status: "approved" });
  });
});

describe("what comes in by a receiver", () => {
  const asked = question({ rule: ApprovalRule.parse({ quorum: 2 }) });
  const by = (userId: string, ...behind: string[]): Voter => ({ ...person(userId), behind });
  const received = (userId: string, ...behind: string[]) => cast(userId, { behind });

  test("may be the word of anybody who knows its secret: they are not two people of a quorum", () => {
    const refusals = [
      decide(asked, [received("ann", "hal")], yes, by("bob", "hal")),
      decide(asked, [received("ann", "hal", "ida")], yes, by("bob", "ida", "jo")),
      decide(asked, [cast("hal")], yes, by("bob", "hal")),
      decide(asked, [cast("cal", { byUserId: "hal" })], yes, by("bob", "hal")),
      decide(asked, [received("ann", "hal")], yes, person("hal")),
    ];
    for (const outcome of refusals) expect(outcome).toMatchObject({ code: "conflict" });
    const barred = new Map([["hal", "started the run"]]);
    expect(decide(question({ barred }), [], yes, by("bob", "hal"))).toMatchObject({
      code: "approval_self",
    });
  });

  test("is a vote beside those of others, and never in the way of the other answer", () => {
    const approved = { status: "approved" };
    expect(decide(asked, [received("ann", "hal")], yes, person("bob"))).toMatchObject(approved);
    expect(decide(asked, [received("ann", "hal")], yes, by("bob", "ida"))).toMatchObject(approved);
    expect(decide(asked, [received("ann", "hal")], no, person("hal"))).toMatchObject({
      status: "rejected",
    });
    // what a holder says of themselves by it is their own vote
    expect(decide(question(), [], yes, by("hal", "hal"))).toMatchObject(approved);
  });
});

describe("groups", () => {
  const rule = ApprovalRule.parse({ groups: [{ group: "a" }, { group: "b" }], quorum: 2 });

  test("only their members vote; after the escalation the next group may too", () => {
    expect(decide(question({ rule }), [], yes, person("ann"))).toMatchObject({ code: "forbidden" });
    const next = { ...rule, escalateTo: "owners" };
    const owner = person("oli", ["owners"]);
    expect(decide(question({ rule: next }), [], yes, owner)).toMatchObject({ code: "forbidden" });
    expect(decide(question({ rule: next, escalated: true }), [], yes, owner)).toMatchObject({
      status: "pending",
      groups: ["owners"],
    });
  });

  test("somebody in two groups fills one place, both only where the rule says so", () => {
    const alone = ApprovalRule.parse({ groups: [{ group: "a" }, { group: "b" }] });
    const both = person("ann", ["a", "b"]);
    expect(decide(question({ rule: alone }), [], yes, both)).toMatchObject({ status: "pending" });
    expect(decide(question({ rule: { ...alone, shared: true } }), [], yes, both)).toMatchObject({
      status: "approved",
    });
  });

  test("whoever votes first, somebody of two groups leaves the place that another cannot fill", () => {
    const votes = [
      { userId: "ann", groups: ["a", "b"] },
      { userId: "bob", groups: ["a"] },
    ];
    expect(tally(rule, votes, false).met).toBe(true);
    expect(tally(rule, votes.toReversed(), false).met).toBe(true);
  });
});

test("a stored rule is never read as a weaker one: more groups than may be put stay, what cannot be read is met by nobody", () => {
  const many = Array.from({ length: 12 }, (_, i) => ({ group: `g${i}`, k: 1 }));
  const merged = readRule({ quorum: 3, groups: many, veto: true, escalateTo: null });
  expect(merged).toMatchObject({ quorum: 3, groups: many });
  expect(merged.escalateTo).toBeUndefined();
  for (const broken of [{ quorum: "2" }, { groups: [{ group: 7 }] }, { onExpiry: "approve" }, []]) {
    const rule = readRule(broken);
    const everybody = person("ann", ["a", "b", "owners"]);
    const asked = question({ rule, escalated: true });
    expect(decide(asked, [], yes, everybody)).toMatchObject({ code: "forbidden" });
  }
});

const GROUPS = ["a", "b", "c"];
const aRule = fc
  .record({
    quorum: fc.integer({ min: 1, max: 4 }),
    groups: fc.array(
      fc.record({ group: fc.constantFrom(...GROUPS), k: fc.integer({ min: 1, max: 3 }) }),
      {
        maxLength: 3,
      },
    ),
    shared: fc.boolean(),
  })
  .map((rule) => ApprovalRule.parse(rule));
const people = fc
  .array(fc.subarray(GROUPS), { minLength: 1, maxLength: 6 })
  .map((all) => all.map((groups, i) => ({ userId: `p${i}`, groups })));

/** The plain definition: some choice of one group a person fills every place. */
function metByTrying(
  rule: ApprovalRule,
  voters: readonly { groups: readonly string[] }[],
): boolean {
  if (voters.length < rule.quorum) return false;
  const wanted = new Map<string, number>();
  for (const { group, k } of rule.groups) wanted.set(group, Math.max(k, wanted.get(group) ?? 0));
  const met = (have: Map<string, number>) =>
    [...wanted].every(([group, k]) => (have.get(group) ?? 0) >= k);
  if (rule.shared) {
    const have = new Map<string, number>();
    for (const { groups } of voters)
      for (const group of groups) have.set(group, (have.get(group) ?? 0) + 1);
    return met(have);
  }
  const choose = (i: number, have: Map<string, number>): boolean => {
    const voter = voters[i];
    if (voter === undefined) return met(have);
    return [undefined, ...voter.groups].some((group) =>
      choose(
        i + 1,
        group === undefined ? have : new Map(have).set(group, (have.get(group) ?? 0) + 1),
      ),
    );
  };
  return choose(0, new Map());
}

test("the count agrees with trying every choice", () => {
  fc.assert(
    fc.property(aRule, people, (rule, voters) => {
      expect(tally(rule, voters, false).met).toBe(metByTrying(rule, voters));
    }),
    numRuns(2_000),
  );
});

test("in any order of any votes it ends once, never early, and never stays open once it is met", () => {
  const ballot = fc.array(
    fc.record({ who: fc.nat(5), decision: fc.constantFrom("approve" as const, "reject" as const) }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(aRule, people, ballot, fc.boolean(), (base, voters, votes, veto) => {
      const rule = { ...base, veto };
      const votesCast: CastVote[] = [];
      let status: OpenApproval["status"] = "pending";
      for (const { who, decision } of votes) {
        const voter = voters[who % voters.length];
        if (voter === undefined) continue;
        const asked = question({ rule, status });
        const outcome = decide(asked, votesCast, { decision }, person(voter.userId, voter.groups));
        if (outcome.kind !== "voted") continue;
        // no vote is taken after the end
        expect(status).toBe("pending");
        votesCast.push(cast(voter.userId, { decision, groups: outcome.groups }));
        status = outcome.status;
        const yeses = votesCast.filter((one) => one.decision === "approve");
        const noes = votesCast.length - yeses.length;
        expect(new Set(votesCast.map((one) => one.userId)).size).toBe(votesCast.length);
        const expected =
          noes > 0 && (veto || noes >= rule.quorum)
            ? "rejected"
            : metByTrying(rule, yeses)
              ? "approved"
              : "pending";
        expect(status).toBe(expected);
      }
    }),
    numRuns(2_000),
  );
});
