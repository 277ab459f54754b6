/** `("Runs", 2)` → `"(2) Runs"`; replaces a count that is there, and takes it away at zero. */
export function withCount(title: string, count: number): string {
  const bare = title.replace(/^\(\d+\+?\) /, "");
  if (count === 0) return bare;
  return `(${count > 99 ? "99+" : count}) ${bare}`;
}
