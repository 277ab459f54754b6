/** The server sees none of our variables: LC_*, PG* and TZ of a user's shell would change how it behaves. */
export function serverEnvironment(): Record<string, string> {
  return { LC_ALL: "C", PATH: "/usr/bin:/bin", TZ: "UTC" };
}
