import type { ValidateFunction } from "ajv";
import { createContext, Script } from "node:vm";

/** A schema with these can ask for more than anybody has time or stack for: so long its check may take. */
const COSTLY = /"(\$ref|\$dynamicRef|uniqueItems)":/;
const MOST_MS = 200;

const script = new Script("check(value)");
const room = createContext({ check: undefined, value: undefined });

/** Whether a value is as a schema says, whose text is given; undefined where that cannot be told in time. */
export function checkInTime(
  check: ValidateFunction,
  value: unknown,
  schemaText: string,
): boolean | undefined {
  if (!COSTLY.test(schemaText)) return check(value);
  try {
    return (
      script.runInContext(Object.assign(room, { check, value }), { timeout: MOST_MS }) === true
    );
  } catch {
    return undefined;
  } finally {
    Object.assign(room, { check: undefined, value: undefined });
  }
}
