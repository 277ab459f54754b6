/** What to do about a scope that a key or token has not: a new key is for nothing but what is named, so all that the old one has is. */
export function adviseScope(agent: string, keyScopes: readonly string[], scope: string): string {
  if (keyScopes.includes(scope)) {
    return "Its key has it: exchange that for a token that has it too: POST /api/agent/v1/token.";
  }
  return `Issue a key that has it too: npx nofx agents keys issue ${agent} --scope ${[...keyScopes, scope].join(" ")}`;
}
