import { z } from "zod";
import { AgentId, RunId, SessionId, StepId } from "../vocabulary/ids.ts";
import { storableText } from "../vocabulary/text.ts";
import { Channel } from "./channel-name.ts";

/** Whose channel it is. `tenant` is a channel that every agent of the tenant can listen to. */
export const AddressKind = z.enum(["tenant", "run", "session", "step", "agent"]);
export type AddressKind = z.infer<typeof AddressKind>;

const WHOSE = ["run", "session", "step", "agent"] as const;

/**
 * Where a message goes: a channel of a step, an agent, a session or a run; of none of them, of the whole tenant. An agent may be named
 * instead of given by its id.
 */
export const Address = z
  .strictObject({
    run: RunId.optional(),
    session: SessionId.optional(),
    step: StepId.optional(),
    agent: z.union([AgentId, storableText(100, 1)]).optional(),
    channel: Channel.default("default"),
  })
  .superRefine((address, ctx) => {
    const given = WHOSE.filter((name) => address[name] !== undefined);
    if (given.length <= 1) return;
    ctx.addIssue({ code: "custom", message: `give one of ${WHOSE.join(", ")}, or none` });
  });
export type Address = z.infer<typeof Address>;

/** Which of them an address gives, and its id as it stands there. */
export function targetOf(address: Address): { kind: AddressKind; id: string | null } {
  for (const kind of WHOSE) {
    const id = address[kind];
    if (id !== undefined) return { kind, id };
  }
  return { kind: "tenant", id: null };
}

/** As people write it: `run:run_01…/supervisors`, `agent:reviewer/inbox`, `tenant/deploys`. */
export function addressText(address: Address): string {
  const { kind, id } = targetOf(address);
  return `${id === null ? kind : `${kind}:${id}`}/${address.channel}`;
}

/** What `addressText` wrote; undefined where it is none. */
export function parseAddress(text: string): Address | undefined {
  const slash = text.indexOf("/");
  const whose = slash === -1 ? text : text.slice(0, slash);
  const channel = slash === -1 ? undefined : text.slice(slash + 1);
  const colon = whose.indexOf(":");
  const kind = colon === -1 ? whose : whose.slice(0, colon);
  const id = colon === -1 ? undefined : whose.slice(colon + 1);
  if ((kind === "tenant") !== (id === undefined)) return undefined;
  if (kind !== "tenant" && !WHOSE.some((one) => one === kind)) return undefined;
  const parsed = Address.safeParse({ ...(id !== undefined && { [kind]: id }), channel });
  return parsed.success ? parsed.data : undefined;
}
