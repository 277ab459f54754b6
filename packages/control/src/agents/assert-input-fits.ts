import { NofxError, type Issue } from "@nofx/core/errors";
import type { PlannedStep } from "@nofx/core/planner";
import type { SessionWith } from "@nofx/core/vocabulary";
import type { CallerContext } from "../command/context.ts";
import type { Plane } from "../command/plane.ts";
import { inTransaction, type CommandTransaction } from "../command/transaction.ts";
import { remember, type Remembered } from "../model-endpoint/remembered.ts";
import { misfits } from "./fit-schema.ts";
import { misfitsOfMember } from "./misfits-of-member.ts";
import { schemasOf, type TaskSchemas } from "./schemas-of.ts";

/** What one step asks an agent for, and where in the request it says so. */
export interface AskedOfAgents {
  readonly capability: string;
  readonly input: unknown;
  readonly at: readonly PropertyKey[];
  /** Of a session: whether its members get their part of it besides, under `session`. */
  readonly part?: "added" | "maybe";
}

type Step = Pick<PlannedStep, "kind" | "capability" | "with">;

/** The steps that are for agents, by themselves or in a session, each with its input as the agent will get it. */
export function askedOfAgents(
  steps: readonly Step[],
  at: (index: number) => readonly PropertyKey[] = (index) => ["steps", index],
): AskedOfAgents[] {
  return steps.flatMap((step, index) => {
    const where = [...at(index), "with", "input"];
    if (step.kind === "session") return [askedOfMembers(step.with as SessionAsked, where)];
    if (step.kind !== "agent" || step.capability === null) return [];
    const { input = {} } = step.with as { input?: unknown };
    return [{ capability: step.capability, input, at: where }];
  });
}

type SessionAsked = Pick<SessionWith, "capability"> &
  Partial<Pick<SessionWith, "strategy" | "input">>;

/** What a session asks those for who begin it. Alone, an agent gets the input as it is. */
export function askedOfMembers(
  { strategy = "auto", capability, input = {} }: SessionAsked,
  at: readonly PropertyKey[],
): AskedOfAgents {
  const asked = { capability, input, at };
  if (strategy === "solo") return asked;
  return { ...asked, part: strategy === "auto" ? "maybe" : "added" };
}

const FOR_MS = 3_000;
const MOST = 2_000;
const planes = new WeakMap<Plane, Remembered<readonly TaskSchemas[]>>();

/**
 * Refuses input that no agent of the capability takes, by the schemas that they introduced: also where a capability was
 * asked for by its name alone. An agent that declared none takes anything. Schemas are remembered for seconds; before a refusal they
 * are read anew.
 */
export async function assertInputFits(
  ctx: CallerContext,
  asked: readonly AskedOfAgents[],
  tx?: CommandTransaction,
): Promise<void> {
  const doubtful = await unfit(asked, (capability) => rememberedSchemas(ctx, capability, tx));
  if (doubtful.length === 0) return;
  const again = new Set(doubtful.map(({ asked: { capability } }) => capability));
  for (const capability of again) schemasBy(ctx.plane).forget(`${ctx.tenantId} ${capability}`);
  const refused = await unfit(
    doubtful.map((one) => one.asked),
    (capability) => rememberedSchemas(ctx, capability, tx),
  );
  if (refused.length === 0) return;
  const capabilities = [...new Set(refused.map(({ asked: { capability } }) => capability))];
  throw new NofxError("input_mismatch", {
    detail: `No agent that offers ${capabilities.join(", ")} takes this input. The schemas are on the pages of the agents and in GET /api/agents.`,
    issues: refused.flatMap(({ issues }) => issues).slice(0, 200),
  });
}

interface Unfit {
  readonly asked: AskedOfAgents;
  readonly issues: readonly Issue[];
}

async function unfit(
  asked: readonly AskedOfAgents[],
  find: (capability: string) => Promise<readonly TaskSchemas[]>,
): Promise<Unfit[]> {
  const unfitting: Unfit[] = [];
  for (const one of asked) {
    const issues = fewest(await find(one.capability), one);
    if (issues.length > 0) unfitting.push({ asked: one, issues });
  }
  return unfitting;
}

/** What is wrong by the schema that comes nearest; nothing, where one agent takes it. */
function fewest(schemas: readonly TaskSchemas[], asked: AskedOfAgents): readonly Issue[] {
  let least: readonly Issue[] = [];
  for (const { input: schema } of schemas) {
    if (schema === null) return [];
    const issues = misfitsOf(schema, asked);
    if (issues.length === 0) return [];
    if (least.length === 0 || issues.length < least.length) least = issues;
  }
  return least;
}

function misfitsOf(
  schema: Readonly<Record<string, unknown>>,
  { input, at, part }: AskedOfAgents,
): readonly Issue[] {
  const alone = part === "added" ? undefined : misfits(schema, input, at);
  return part === undefined || alone?.length === 0
    ? (alone ?? [])
    : misfitsOfMember(schema, input, at);
}

async function rememberedSchemas(
  ctx: CallerContext,
  capability: string,
  tx: CommandTransaction | undefined,
): Promise<readonly TaskSchemas[]> {
  const find = ({ db }: CommandTransaction) => schemasOf(db, ctx.tenantId, capability);
  const found = await schemasBy(ctx.plane).get(`${ctx.tenantId} ${capability}`, () =>
    tx === undefined ? inTransaction(ctx, find) : find(tx),
  );
  return found ?? [];
}

function schemasBy(plane: Plane): Remembered<readonly TaskSchemas[]> {
  let known = planes.get(plane);
  if (known === undefined) {
    planes.set(plane, (known = remember(plane.clock, { forMs: FOR_MS, most: MOST })));
  }
  return known;
}
