/** How often a property is tried: the full count with PROVE=1 (`npm run prove`), a tenth of it otherwise. */
export function numRuns(full: number): { readonly numRuns: number } {
  return { numRuns: process.env["PROVE"] === "1" ? full : Math.ceil(full / 10) };
}
