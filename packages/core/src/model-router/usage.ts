import { z } from "zod";

/** Classes of tokens that have a price of their own. No token is in two of them. */
export const TokenClass = z.enum(["input", "cacheRead", "cacheWrite", "output", "reasoning"]);
export type TokenClass = z.infer<typeof TokenClass>;

const count = z.int().min(0);

/** Tokens of one call. `input` is what was read from no cache, `output` what is no reasoning. */
export const Usage = z.object({
  input: count,
  cacheRead: count,
  cacheWrite: count,
  output: count,
  reasoning: count,
});
export type Usage = z.infer<typeof Usage>;

export const NO_USAGE: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 };

/** What the model was given, from a cache or not. */
export function inputTokens({ input, cacheRead, cacheWrite }: Usage): number {
  return input + cacheRead + cacheWrite;
}

export function outputTokens({ output, reasoning }: Usage): number {
  return output + reasoning;
}
