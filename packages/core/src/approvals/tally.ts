import type { ApprovalRule } from "../vocabulary/index.ts";

/** A yes that counts: whose it is, and in which groups they were when it was given. */
export interface CountedYes {
  readonly userId: string;
  readonly groups: readonly string[];
}

export interface Tally {
  readonly met: boolean;
  /** Different people who said yes. */
  readonly people: number;
  readonly quorum: number;
  readonly groups: readonly { readonly group: string; readonly k: number; readonly have: number }[];
}

/**
 * Whether the yeses so far meet the rule. Unless the rule is shared a person fills one place: places are filled by augmenting
 * paths, so that somebody in two groups never keeps a place that only they could have left to another.
 */
export function tally(rule: ApprovalRule, yeses: readonly CountedYes[], escalated: boolean): Tally {
  const people = [...new Map(yeses.map((yes) => [yes.userId, yes])).values()];
  const demands = demandsOf(rule);
  const mayFill = (person: CountedYes, group: string) =>
    person.groups.includes(group) ||
    (escalated && rule.escalateTo !== undefined && person.groups.includes(rule.escalateTo));

  const filled = rule.shared
    ? demands.map(({ group, k }) =>
        Math.min(k, people.filter((person) => mayFill(person, group)).length),
      )
    : fill(demands, people, mayFill);
  const groups = demands.map(({ group, k }, i) => ({ group, k, have: filled[i] ?? 0 }));
  return {
    met: people.length >= rule.quorum && groups.every(({ k, have }) => have >= k),
    people: people.length,
    quorum: rule.quorum,
    groups,
  };
}

interface Demand {
  readonly group: string;
  readonly k: number;
}

/** A group that is named twice is asked for the larger number. */
function demandsOf(rule: ApprovalRule): Demand[] {
  const wanted = new Map<string, number>();
  for (const { group, k } of rule.groups) wanted.set(group, Math.max(k, wanted.get(group) ?? 0));
  return [...wanted].map(([group, k]) => ({ group, k }));
}

/** A largest matching of people to places; how many places of each group it fills. */
function fill(
  demands: readonly Demand[],
  people: readonly CountedYes[],
  mayFill: (person: CountedYes, group: string) => boolean,
): number[] {
  const places = demands.flatMap(({ group, k }, of) =>
    Array.from({ length: k }, () => ({ group, of })),
  );
  const taken: (number | undefined)[] = places.map(() => undefined);
  const seat = (who: number, tried: Set<number>): boolean => {
    const person = people[who];
    if (person === undefined) return false;
    for (const [at, place] of places.entries()) {
      if (tried.has(at) || !mayFill(person, place.group)) continue;
      tried.add(at);
      const sitting = taken[at];
      if (sitting !== undefined && !seat(sitting, tried)) continue;
      taken[at] = who;
      return true;
    }
    return false;
  };
  people.forEach((_, who) => seat(who, new Set()));
  return demands.map(
    (_, of) => places.filter((place, at) => place.of === of && taken[at] !== undefined).length,
  );
}
