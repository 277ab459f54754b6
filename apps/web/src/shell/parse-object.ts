/** A JSON object as a person typed it, or the sentence that says what is wrong with it. */
export function parseObject(
  text: string,
): { value: Record<string, unknown> } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      problem: `This is not JSON: ${error instanceof Error ? error.message : "unreadable"}`,
    };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problem: "Arguments are a JSON object: {…}." };
  }
  return { value: value as Record<string, unknown> };
}
