import { readCard, type ReadCard } from "@nofx/core/agents";
import { issuesFromZod, NofxError } from "@nofx/core/errors";

/** A card that comes from elsewhere; `invalid_input` by the paths of what is wrong with it. */
export function parseCard(value: unknown): ReadCard {
  const card = readCard(value);
  if (card.success) return card.data;
  throw new NofxError("invalid_input", {
    detail: "This is not an agent card of A2A.",
    issues: issuesFromZod(card.error, ["card"]),
  });
}
