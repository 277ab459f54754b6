/** How often a property is tried: the full count with PROVE=1 (`npm run prove`), a tenth of it otherwise, or as said. */
export function numRuns(full: number, short = Math.ceil(full / 10)): { readonly numRuns: number } {
  return { numRuns: process.env["PROVE"] === "1" ? full : short };
}
