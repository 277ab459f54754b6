/**
 * A number in (0, 1) for a text, always the same: FNV-1a, stirred by murmur3's finalizer so that texts that differ in one letter get
 * numbers that have nothing to do with each other. Not a secret and not against anybody who chooses texts to hit one.
 */
export function unitOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 4_294_967_296;
}

/**
 * What a name draws for a key: the name with the highest draw has the key. Each name gets keys by its weight, and when one joins, leaves
 * or changes its weight, only keys that it gains or loses move (weighted rendezvous hashing).
 */
export function drawOf(key: string, name: string, weight: number): number {
  return unitOf(`${key}\n${name}`) ** (1 / weight);
}
