import "server-only";
import { PlaneEnv } from "@nofx/control/command";

let parsed: PlaneEnv | undefined;

/** What the server needs to know, read at the first request: a build knows no environment. */
export function env(): PlaneEnv {
  if (parsed) return parsed;
  const result = PlaneEnv.safeParse(process.env);
  if (!result.success) {
    const names = result.error.issues.map((issue) => issue.path.join(".")).join(", ");
    throw new Error(`The web server cannot start: set ${names} in its environment.`);
  }
  parsed = result.data;
  return parsed;
}
