import { Sentence } from "../errors.ts";
import type { PersonName } from "../credentials/credentials.ts";

/** People of the local stack, as `--as` and NOFX_AS name them. */
export const PEOPLE = ["supervisor", "operator", "admin"] as const satisfies PersonName[];

let chosen: PersonName | undefined;

/** Has every command after this sign in as this person: `--as`. */
export function actAs(person: PersonName | undefined): void {
  chosen = person;
}

/** Who a command signs in as: whom the person at the terminal named, else whom the command is for. */
export function personFor(usual: PersonName): PersonName {
  const named = chosen ?? (process.env["NOFX_AS"] || undefined);
  if (named === undefined) return usual;
  const found = PEOPLE.find((person) => person === named);
  if (found === undefined) {
    throw new Sentence(`NOFX_AS names one of ${PEOPLE.join(", ")}, not "${named}".`);
  }
  return found;
}
