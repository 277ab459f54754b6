import type { createPool } from "@nofx/db/client";
import { signIn, signUp, type AuthServer, type Login } from "./sign-in.ts";

/**
 * The id of the user with this sign-in. A user of the address whose password nobody has any more (credentials.json was
 * deleted) makes room for a new one.
 */
export async function ensureUser(
  owner: ReturnType<typeof createPool>,
  server: AuthServer,
  login: Login,
): Promise<string> {
  const known = (await signIn(server, login)) ?? (await signUp(server, login));
  if (known !== undefined) return known.userId;
  await owner.query("delete from auth.users where email = $1", [login.email]);
  const made = await signUp(server, login);
  if (made === undefined) throw new Error(`${login.email} could not be signed up`);
  return made.userId;
}
