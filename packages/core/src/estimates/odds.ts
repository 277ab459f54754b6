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
