import { Sentence } from "../errors.ts";
import type { Credentials, PersonName } from "../credentials/credentials.ts";
import { signIn } from "../credentials/sign-in.ts";
import type { Addresses } from "../system/state.ts";
import { createApi, type Api } from "./api.ts";

interface Login {
  addresses: Addresses;
  credentials: Credentials;
  person: PersonName;
}

/** The API of a running system, signed in as one of the demo's people. */
export async function connect(options: Login & { signal?: AbortSignal }): Promise<Api> {
  const { addresses, signal } = options;
  const accessToken = await accessTokenOf(options);
  return createApi({ baseUrl: addresses.dashboard, accessToken, signal });
}

/** What requests of one of the demo's people carry: good for an hour. */
export async function accessTokenOf({ addresses, credentials, person }: Login): Promise<string> {
  const login = credentials.people[person];
  if (login === undefined) {
    throw new Sentence(
      `credentials.json has no sign-in of the ${person} yet. Stop NOFX and start it again: that makes one.`,
    );
  }
  const session = await signIn(
    { url: addresses.supabase, publishableKey: addresses.publishableKey },
    login,
  );
  if (session === undefined) {
    throw new Sentence(
      `${login.email} cannot sign in with the password in credentials.json. Stop NOFX and start it again: that puts it right.`,
    );
  }
  return session.accessToken;
}
