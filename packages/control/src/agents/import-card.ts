import { ImportAgentInput, type ImportedAgent } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { findAgentId, insertAgent, updateAgent } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, parseInput, runCommand } from "../command/run-command.ts";
import { AddressRefused } from "../net/address-refused.ts";
import { guardedFetch, RequestFailed } from "../net/guarded-fetch.ts";
import { declare } from "./capabilities.ts";
import { parseCard } from "./parse-card.ts";

const MOST_OF_CARD = 256 * 1_024;
const FETCH_MS = 10_000;

/**
 * Lists an agent as its A2A card describes it: its name, words and skills. The card says nothing of whether it is true, so nothing is
 * believed of it that is measured here; and it runs nothing: steps are claimed by whoever has a key of this agent.
 */
export async function importAgentCard(
  ctx: MemberContext,
  input: z.input<typeof ImportAgentInput>,
): Promise<ImportedAgent> {
  const spec = {
    name: "agents.import",
    permission: "agent.manage",
    input: ImportAgentInput,
  } as const;
  // before the transaction: nothing is held while somebody else's server is asked
  authorise(ctx, spec.permission);
  const parsed = parseInput(ImportAgentInput, input);
  const url = parsed.url ?? null;
  const card = parseCard(url === null ? parsed.card : await fetchCard(ctx, url));
  return runCommand(ctx, spec, input, async (tx, { name = card.name, replace }) => {
    const { tenantId } = ctx;
    const { description, tags } = card;
    const capabilities = card.capabilities.map(({ capability }) => capability);
    const known = await findAgentId(tx.db, tenantId, { name });
    if (known !== undefined && !replace) {
      throw new NofxError("conflict", {
        detail: `There is an agent named ${name} already. Import under another name, or replace what the card says of it.`,
      });
    }
    let id = known;
    if (id === undefined) {
      id = await insertAgent(tx.db, {
        tenantId,
        name,
        description,
        capabilities,
        team: null,
        tags,
        maxConcurrency: null,
        breakerEnabled: true,
        owner: ctx.actor.id,
        version: card.version,
        card: card.card,
        cardUrl: url,
      });
      if (id === undefined) throw new NofxError("conflict");
    } else {
      const kept = { card: card.card, url };
      await updateAgent(tx.db, { tenantId, id }, { description, capabilities, tags, card: kept });
    }
    await declare(tx.db, { tenantId, id }, [...card.capabilities]);
    const type = known === undefined ? "agent.registered" : "agent.changed";
    tx.emit({ type, payload: { agent_id: id } });
    await tx.audit(type, { agent_id: id, capabilities, card: url ?? "given" });
    return { agentId: toId("agent", id), name, created: known === undefined };
  });
}

async function fetchCard(ctx: MemberContext, url: string): Promise<unknown> {
  const { clock, allowedHosts } = ctx.plane;
  const late = new AbortController();
  const inTime = clock.timer(FETCH_MS, () => late.abort());
  try {
    const answer = await guardedFetch({
      method: "GET",
      url,
      headers: { accept: "application/json" },
      signal: late.signal,
      allowed: allowedHosts,
      maxBytes: MOST_OF_CARD,
      redirects: 3,
    });
    if (answer.status !== 200) throw refused(`it answered ${answer.status}`);
    if (answer.truncated) throw refused(`it is longer than ${MOST_OF_CARD} bytes`);
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(answer.body));
  } catch (error) {
    if (NofxError.is(error)) throw error;
    if (error instanceof AddressRefused) throw refused(error.message);
    if (error instanceof RequestFailed) throw refused("it did not answer");
    throw refused("it is not JSON in UTF-8");
  } finally {
    inTime();
  }
}

function refused(why: string): NofxError {
  return new NofxError("invalid_input", {
    detail: "The card could not be read from that address.",
    issues: [{ path: "/url", message: why }],
  });
}
