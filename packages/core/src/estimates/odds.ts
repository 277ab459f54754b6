/** How often something was tried, and how often it went well. */
export interface Tries {
  readonly succeeded: number;
  readonly failed: number;
}

/** Before anything is known nine of ten go well: worth ten tries. */
const PRIOR = { succeeded: 9, failed: 1 } as const;

/** The odds that the next one goes well, 0 to 1: the mean of a beta distribution over what was seen and the prior. */
export function oddsOfSuccess({ succeeded, failed }: Tries): number {
  const good = PRIOR.succeeded + succeeded;
  return good / (good + PRIOR.failed + failed);
}

/**
 * The odds that the next `many` all go well. How good they are is not known but shared by all of them, so these are not the odds of one to
 * the power of `many`: the beta-binomial distribution, (a)(a + 1)... / (a + b)(a + b + 1)...
 */
export function oddsOfAll({ succeeded, failed }: Tries, many: number): number {
  const good = PRIOR.succeeded + succeeded;
  const all = good + PRIOR.failed + failed;
  let odds = 1;
  for (let i = 0; i < many; i++) odds *= (good + i) / (all + i);
  return odds;
}
