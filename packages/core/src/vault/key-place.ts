/** Where an encrypted secret belongs, and nowhere else. */
export interface KeyPlace {
  readonly tenantId: string;
  readonly provider: string;
  readonly keyId: string;
  readonly version: number;
}

const PART = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * The associated data of an encrypted secret: its place as one text. No part can hold the separator, so two places never have the same
 * text. Throws RangeError on what is no place.
 */
export function keyPlaceText({ tenantId, provider, keyId, version }: KeyPlace): string {
  const parts = [tenantId, provider, keyId];
  if (!parts.every((part) => PART.test(part)) || !Number.isSafeInteger(version) || version < 1) {
    throw new RangeError("not the place of a key");
  }
  return ["nofx.key.v1", ...parts, version].join("|");
}
