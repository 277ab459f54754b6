/** The server sees none of our variables: LC_*, PG* and TZ of a user's shell would change how it behaves. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  // Next's types, where they are loaded too, want NODE_ENV in every environment.
  const environment: NodeJS.ProcessEnv = Object.create(null);
  return Object.assign(environment, { LC_ALL: "C", PATH: "/usr/bin:/bin", TZ: "UTC" });
}
