import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan } from "@nofx/control/plans";
import { workOf } from "../../lib/tasks.ts";
import type { Member } from "../../lib/member.ts";

/** The steps of a plan: which needs which. Each is given its plan and its place. */
export type Shape = readonly { readonly needs: readonly number[] }[];

export const chain = (steps: number): Shape =>
  Array.from({ length: steps }, (_, k) => ({ needs: k === 0 ? [] : [k - 1] }));

/** `width` steps at once, and one that needs them all. */
export const fan = (width: number): Shape => [
  ...Array.from({ length: width }, () => ({ needs: [] })),
  { needs: Array.from({ length: width }, (_, k) => k) },
];

/** Imports, plans and answers one approved plan. */
export async function makePlan(member: Member, pack: string, shape: Shape): Promise<string> {
  const items = shape.map(({ needs }, k) => ({
    id: `s${k}`,
    title: `Step ${k}`,
    kind: "http",
    with: workOf({ plan: pack, k, last: k === shape.length - 1 }),
    needs: needs.map((need) => `s${need}`),
  }));
  await importBacklog(member.request(), { document: { version: 1, pack, items } });
  const plan = await createPlan(member.request(), { pack });
  if (!plan.executable) throw new Error(`${pack}: ${plan.blockers.join(" ")}`);
  return plan.id;
}

/** Plans that are made once and executed again and again, each by one workflow at a time. */
export class Plans {
  readonly #member: Member;
  readonly #free: string[] = [];
  readonly #ids = new Map<string, string>();

  constructor(member: Member) {
    this.#member = member;
  }

  async make(count: number, shape: Shape): Promise<void> {
    for (let i = 0; i < count; i++) {
      const pack = `p${i}`;
      this.#ids.set(pack, await makePlan(this.#member, pack, shape));
      this.#free.push(pack);
    }
  }

  /** Takes a plan that nobody executes; give it back when its run has ended. */
  take(): string {
    const pack = this.#free.pop();
    if (pack === undefined) throw new Error("More workflows at once than plans.");
    return pack;
  }

  giveBack(pack: string): void {
    this.#free.push(pack);
  }

  async execute(pack: string): Promise<void> {
    await executePlan(this.#member.request(), { planId: this.#ids.get(pack) ?? "" });
  }
}
