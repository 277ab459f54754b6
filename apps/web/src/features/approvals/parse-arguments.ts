/** What somebody typed: a JSON object, or what keeps it from being one. */
export function parseArguments(
  text: string,
): { value: Record<string, unknown> } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : "This is no JSON." };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problem: "It has to be an object: all of the arguments." };
  }
  return { value: value as Record<string, unknown> };
}
