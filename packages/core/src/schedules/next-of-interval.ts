/** The first instant after `after` of those that lie `everyMs` apart, counted from `anchor`. In milliseconds. */
export function nextOfInterval(anchor: number, everyMs: number, after: number): number {
  if (after < anchor) return anchor;
  return anchor + (Math.floor((after - anchor) / everyMs) + 1) * everyMs;
}
