import { z } from "zod";
import { Usage } from "../usage.ts";

/** What a simulated model is told to do, in place of what it would make up. */
export const SimulatedScript = z.strictObject({
  text: z.string().optional(),
  reasoning: z.string().optional(),
  toolCalls: z
    .array(z.strictObject({ name: z.string().min(1), input: z.record(z.string(), z.unknown()) }))
    .max(20)
    .optional(),
  /** Fails with this status. */
  status: z.int().min(400).max(599).optional(),
  retryAfterSeconds: z.int().min(0).max(86_400).optional(),
  /** Until the first token. */
  latencyMs: z.int().min(0).max(600_000).optional(),
  /** A stream breaks off after so many characters. */
  breakAfter: z.int().min(0).optional(),
  usage: Usage.partial().optional(),
});
export type SimulatedScript = z.infer<typeof SimulatedScript>;

const Scripts = z.union([
  z.strictObject({ turns: z.array(SimulatedScript).min(1).max(100) }),
  SimulatedScript,
]);

const TAG = /<simulate>([\s\S]*?)<\/simulate>/g;

/**
 * The script of a prompt, as `<simulate>{"text": "..."}</simulate>`: of several the last. With `turns` each answer of a
 * conversation has its own; behind the last of them it stays. Undefined: there is none; "invalid": nobody can read it.
 */
export function readScript(prompt: string, turn: number): SimulatedScript | "invalid" | undefined {
  const text = [...prompt.matchAll(TAG)].at(-1)?.[1];
  if (text === undefined) return undefined;
  const parsed = Scripts.safeParse(jsonOf(text));
  if (!parsed.success) return "invalid";
  if (!("turns" in parsed.data)) return parsed.data;
  return parsed.data.turns[Math.min(turn, parsed.data.turns.length - 1)];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
