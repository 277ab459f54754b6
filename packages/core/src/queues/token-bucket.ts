/** A rate limit: at most `burst` at once, and `rate` in `perSeconds` in the long run. */
export interface Rate {
  readonly rate: number;
  readonly perSeconds: number;
  readonly burst: number;
}

/** What is in a bucket, in millionths of a token, as of an instant in microseconds. Whole numbers: nothing is made by rounding. */
export interface Bucket {
  readonly micros: bigint;
  readonly atUs: bigint;
}

const TOKEN = 1_000_000n;

/** A bucket begins full. */
export function fullBucket({ burst }: Rate, atUs: bigint): Bucket {
  return { micros: BigInt(burst) * TOKEN, atUs };
}

/** What is in it now; a clock that goes back adds nothing. Mirrored by `engine.refill`. */
export function refill(bucket: Bucket, { rate, perSeconds, burst }: Rate, atUs: bigint): bigint {
  const passed = atUs > bucket.atUs ? atUs - bucket.atUs : 0n;
  const full = BigInt(burst) * TOKEN;
  const micros = bucket.micros + (passed * BigInt(rate)) / BigInt(perSeconds);
  return micros > full ? full : micros;
}

/** Takes up to `want` whole tokens. Nothing taken changes nothing, so asking often loses no fraction. */
export function take(
  bucket: Bucket,
  rate: Rate,
  atUs: bigint,
  want: number,
): { taken: number; bucket: Bucket } {
  const micros = refill(bucket, rate, atUs);
  const taken = Math.min(want, Number(micros / TOKEN));
  if (taken <= 0) return { taken: 0, bucket };
  const later = atUs > bucket.atUs ? atUs : bucket.atUs;
  return { taken, bucket: { micros: micros - BigInt(taken) * TOKEN, atUs: later } };
}

/** Puts unused tokens back; what does not fit is lost. */
export function giveBack(bucket: Bucket, { burst }: Rate, count: number): Bucket {
  const micros = bucket.micros + BigInt(count) * TOKEN;
  const full = BigInt(burst) * TOKEN;
  return { ...bucket, micros: micros > full ? full : micros };
}
