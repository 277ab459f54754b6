/** The server sees none of our variables: LC_*, PG* and TZ of a user's shell would change how it behaves. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const environment: Record<string, string> = { LC_ALL: "C", PATH: "/usr/bin:/bin", TZ: "UTC" };
  // Next's types, where they are loaded too, want NODE_ENV in every environment.
  return environment as NodeJS.ProcessEnv;
}
