/** Bytes that nobody can repeat: of keys, and of what tells one answer from another. */
export function newBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count));
}
