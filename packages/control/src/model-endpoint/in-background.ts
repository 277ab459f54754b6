import type { EndpointHooks } from "./call-frame.ts";

/** Waits for it, unless the process does such work beside its answers. Never throws. */
export function inBackground(
  { background, onError }: EndpointHooks,
  work: Promise<void>,
): Promise<void> {
  const safe = work.catch((error: unknown) => onError?.(error));
  if (background === undefined) return safe;
  background(safe);
  return Promise.resolve();
}
