import { readFileSync } from "node:fs";
import { readSigningKey, type SigningKey } from "@nofx/control/audit";
import type { WorkerEnv } from "../env.ts";

type KeyEnv = Pick<WorkerEnv, "NOFX_AUDIT_SIGNING_KEY" | "NOFX_AUDIT_SIGNING_KEY_FILE">;

/** The key that the environment names, if it names one. Throws a sentence where that cannot be read: no worker starts unsigned by mistake. */
export function findSigningKey(env: KeyEnv): SigningKey | undefined {
  const { NOFX_AUDIT_SIGNING_KEY: text = "", NOFX_AUDIT_SIGNING_KEY_FILE: file = "" } = env;
  if (text === "" && file === "") return undefined;
  try {
    // environments often hold one line only
    return readSigningKey(text === "" ? readFileSync(file, "utf8") : text.replaceAll("\\n", "\n"));
  } catch (cause) {
    const name = text === "" ? "NOFX_AUDIT_SIGNING_KEY_FILE" : "NOFX_AUDIT_SIGNING_KEY";
    throw new Error(
      `${name} is no private Ed25519 key in PEM. docs/audit.md says how to make one.`,
      {
        cause,
      },
    );
  }
}
