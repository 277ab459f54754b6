import { randomOf } from "./random.ts";

export const SIMULATED_EMBEDDER = { name: "embedder", dimensions: 256, latencyMs: 20 } as const;

/**
 * A vector of length one for a text, made of its words: texts that share words are near each other, whatever their order. What
 * words mean it does not know.
 */
export function simulateEmbedding(
  text: string,
  dimensions: number = SIMULATED_EMBEDDER.dimensions,
): number[] {
  const vector = Array.from({ length: dimensions }, () => 0);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  for (const word of words) {
    const random = randomOf(`word ${word}`);
    for (let i = 0; i < dimensions; i++) vector[i] = (vector[i] ?? 0) + random() * 2 - 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => (length === 0 ? 0 : value / length));
}
