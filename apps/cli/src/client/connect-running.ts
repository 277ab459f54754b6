import { readCredentials, type PersonName } from "../credentials/credentials.ts";
import { Sentence } from "../errors.ts";
import { home } from "../paths.ts";
import { isAlive, readState, type Addresses } from "../system/state.ts";
import type { Api } from "./api.ts";
import { personFor } from "./acting-as.ts";
import { connect } from "./connect.ts";

/** The API of what runs in this clone as this person, or as whom `--as` names; or a sentence that says how to get it running. */
export async function connectRunning(
  person: PersonName,
): Promise<{ api: Api; addresses: Addresses }> {
  const login = loginOf(person);
  return { api: await connect(login), addresses: login.addresses };
}

/** The sign-in of this person, or of whom `--as` names, to what runs in this clone. */
export function loginOf(person: PersonName) {
  const state = readState(home);
  const credentials = readCredentials(home);
  if (state === undefined || !isAlive(state) || credentials === undefined) {
    throw new Sentence("NOFX does not run in this clone. Start it with: npm start");
  }
  if (state.phase !== "ready" || state.addresses === null) {
    throw new Sentence(`NOFX is ${state.phase} in this clone. Try again in a moment.`);
  }
  const { addresses } = state;
  return { addresses, credentials, person: personFor(person) };
}
