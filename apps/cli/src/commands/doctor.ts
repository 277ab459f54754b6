import { EXIT } from "../errors.ts";
import { checkMachine, type Check } from "../doctor/check-machine.ts";
import { green, red, yellow } from "../terminal/style.ts";

const MARKS: Record<Check["state"], string> = { ok: green("✔"), note: yellow("!"), bad: red("✖") };

/** `nofx doctor`: what of this machine fits, and what to do about the rest. Exits with 1 when something must be done. */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const checks = await checkMachine();
  if (options.json === true) console.log(JSON.stringify({ checks }));
  else for (const { state, name, says } of checks) console.log(`${MARKS[state]} ${name}: ${says}`);
  if (checks.some(({ state }) => state === "bad")) process.exitCode = EXIT.failed;
}
