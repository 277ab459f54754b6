import { Webhook } from "standardwebhooks";

export interface SignedMessage {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  /** As it came, to the last character. */
  readonly body: string;
}

/** Nobody has it: what no receiver is there for takes as long to refuse as what is signed wrongly. */
const NOBODYS = `whsec_${Buffer.alloc(32).toString("base64")}`;
const USABLE_ID = /^[\x21-\x7e]{1,256}$/;

/**
 * Whether one of the secrets signed the message, not more than five minutes ago (Standard Webhooks; compared in constant time).
 * Without a secret nothing is genuine.
 */
export function isGenuine(message: SignedMessage, secrets: readonly string[]): boolean {
  const headers = {
    "webhook-id": message.id,
    "webhook-timestamp": message.timestamp,
    "webhook-signature": message.signature,
  };
  const [first = NOBODYS, second = first] = secrets;
  const matches = [first, second].map((secret) => opens(secret, message.body, headers));
  return secrets.length > 0 && USABLE_ID.test(message.id) && matches.includes(true);
}

function opens(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
