import { findBlocks, findUnoffered, type Block, type Unoffered } from "@nofx/db/queries";
import type { CallerContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

interface Seen {
  id: string;
  status: string;
  holds: number;
  due: boolean;
  capability: string | null;
}

/** Of the steps that could begin, those that a rule keeps back or that nobody can execute, each with the sentence that says so. */
export async function sayHeldBack(
  ctx: CallerContext,
  tx: CommandTransaction,
  steps: readonly Seen[],
): Promise<Map<string, string>> {
  const ready = steps.filter((step) => step.status === "queued" && step.holds === 0 && step.due);
  if (ready.length === 0) return new Map();
  const blocks = await findBlocks(
    tx.db,
    ready.map((step) => step.id),
  );
  const needed = new Set(ready.flatMap(({ capability }) => capability ?? []));
  const found = await findUnoffered(tx.db, ctx.tenantId, [...needed]);
  const unoffered = new Map(found.map((one) => [one.capability, sayUnoffered(one)]));
  return new Map([
    ...ready.flatMap(({ id, capability }): [string, string][] => {
      const why = capability === null ? undefined : unoffered.get(capability);
      return why === undefined ? [] : [[id, why]];
    }),
    ...blocks.map((block): [string, string] => [block.step_id, sayBlock(block)]),
  ]);
}

/** Those that would offer it by their names, each with why it is given nothing. */
function sayUnoffered({ capability, resting }: Unoffered): string {
  const who = resting.map(({ name, status, by, reason }) => {
    if (status === "draining") return `${name} is draining`;
    if (by === "breaker") {
      return `${name} was quarantined by its breaker, which tries it again by itself`;
    }
    return `${name} was quarantined by a person${reason === null ? "" : `: ${reason}`}`;
  });
  const those = who.length === 0 ? "" : ` (${who.join("; ")})`;
  return `Nobody can execute it: no active agent offers ${capability}${those}.`;
}

/** A pause by its reason, as it was typed; a limit by its number. */
export function sayBlock({ queue, type, tenant_id, paused_reason, max_running }: Block): string {
  const what = [
    type === null ? "" : `Steps of type ${type}`,
    queue === null ? "" : type === null ? `The queue ${queue}` : ` in the queue ${queue}`,
  ].join("");
  const whole = tenant_id === null ? "The plane" : "This tenant";
  if (paused_reason !== null) {
    return `${what || whole} ${type === null ? "is" : "are"} paused: ${paused_reason}`;
  }
  const of = what === "" ? whole : what;
  return `${of}: limit of ${max_running} running reached.`;
}
