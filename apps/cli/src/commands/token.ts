import { accessTokenOf } from "../client/connect.ts";
import { loginOf } from "../client/connect-running.ts";

/** `nofx token`: what requests to the API carry, alone on its line; as the operator, or whom `--as` names. */
export async function token(): Promise<void> {
  console.log(await accessTokenOf(loginOf("operator")));
}
