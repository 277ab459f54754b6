import type { RelayEvent } from "@nofx/control/steps";
import { post, type PostPorts, type Telling } from "./post.ts";
import { signedHeaders } from "./sign.ts";

export interface Endpoint {
  readonly url: string;
  readonly secrets: readonly string[];
}

/** Posts one event as it is, signed. */
export function sendEvent(
  { url, secrets }: Endpoint,
  { seq, ...message }: RelayEvent,
  ports: PostPorts,
): Promise<Telling> {
  const body = JSON.stringify(message);
  const headers = {
    ...signedHeaders(secrets, { id: message.id, at: ports.clock.date(), body }),
    "nofx-sequence": String(seq),
  };
  return post({ url, headers, body }, ports);
}
