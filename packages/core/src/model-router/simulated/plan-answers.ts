import type { SimulatedModel } from "./models.ts";

interface Item {
  readonly id: string;
  readonly needs: readonly string[];
  readonly priority: number;
}

/** Where the question has its backlog, as core/comparisons writes it. */
const BACKLOG = /<backlog>\n([\s\S]*?)\n<\/backlog>/;

/** The answer to a question for a plan; undefined where it is none. */
export function answerWithPlan(
  planner: SimulatedModel["planner"],
  prompt: string,
  random: () => number,
): string | undefined {
  const items = itemsIn(prompt);
  if (items === undefined) return undefined;
  if (planner === "careful") return careful(items, random);
  if (planner === "hasty") return hasty(items, random);
  return random() < 0.5 ? cutShort(items, random) : withLoop(items, random);
}

function itemsIn(prompt: string): Item[] | undefined {
  const [, text] = BACKLOG.exec(prompt) ?? [];
  if (text === undefined) return undefined;
  const { items } = JSON.parse(text) as { items: Item[] };
  return items;
}

const seconds = (random: () => number) => 30 + Math.floor(random() * 20) * 15;

/** Everything is there, in an order in which needs come first. */
function careful(items: readonly Item[], random: () => number): string {
  const left = [...items];
  const placed = new Set<string>();
  const known = new Set(items.map(({ id }) => id));
  const ordered: Item[] = [];
  while (left.length > 0) {
    const free = left.filter(({ needs }) => needs.every((id) => placed.has(id) || !known.has(id)));
    // a loop in the backlog itself: it is not the model's to solve
    const [next] = (free.length === 0 ? left : free).toSorted((a, b) => a.priority - b.priority);
    if (next === undefined) break;
    left.splice(left.indexOf(next), 1);
    placed.add(next.id);
    ordered.push(next);
  }
  const plan = ordered.map(({ id, needs, priority }) => ({
    id,
    needs,
    priority,
    durationSeconds: seconds(random),
  }));
  return JSON.stringify({ items: plan, note: "Needs first, then the most urgent." });
}

/** Talks around its JSON, leaves a comma too many, forgets needs and an item, writes names as it likes. */
function hasty(items: readonly Item[], random: () => number): string {
  const kept = items.length > 3 ? items.slice(0, -1) : items;
  const rows = kept.toReversed().map(({ id, needs, priority }, i) => {
    const name = i === 0 ? id.toUpperCase() : id;
    const told = needs.filter(() => random() < 0.6);
    return `    {"id": ${JSON.stringify(name)}, "needs": ${JSON.stringify(told)}, "priority": "${priority}", "durationSeconds": ${seconds(random)}},`;
  });
  return [
    "Sure! Here is the plan:",
    "```json",
    '{"items": [',
    ...rows,
    "  ]}",
    "```",
    "Good luck!",
  ].join("\n");
}

function cutShort(items: readonly Item[], random: () => number): string {
  const whole = careful(items, random);
  return whole.slice(0, Math.floor(whole.length * 0.6));
}

/** The first needs the last, and each its predecessor. */
function withLoop(items: readonly Item[], random: () => number): string {
  const plan = items.map(({ id, priority }, i) => ({
    id,
    needs: [items.at(i - 1)?.id ?? id],
    priority,
    durationSeconds: seconds(random),
  }));
  return JSON.stringify({ items: plan });
}
