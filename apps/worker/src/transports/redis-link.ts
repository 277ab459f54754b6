import type { Redis } from "ioredis";
import { assertFit, openRedis, UnfitRedisError } from "./redis.ts";

export interface RedisLink {
  readonly redis: Redis;
  readonly listener: Redis;
  readonly up: boolean;
  /** Something that Redis was asked did not work: down until it answers again. */
  doubt(): void;
  close(): void;
}

/**
 * Whether Redis can be used, kept up to date. Throws where the server that answers is unfit; one that does not answer is waited
 * for, and the worker goes on without it.
 */
export async function openLink(options: {
  url: string;
  worker: string;
  onChange: (up: boolean) => void;
  onError: (error: unknown) => void;
}): Promise<RedisLink> {
  const { url, worker, onChange, onError } = options;
  const redis = openRedis(url, `${worker} hints`);
  const listener = openRedis(url, `${worker} calls`);
  let up = false;
  let told: string | undefined;
  const tell = (error: unknown) => {
    const text = String(error);
    if (told !== text) onError(error);
    told = text;
  };
  const set = (to: boolean) => {
    if (to === up) return;
    up = to;
    if (up) told = undefined;
    onChange(up);
  };
  const look = async () => {
    try {
      await assertFit(redis);
      set(true);
    } catch (error) {
      tell(error);
      set(false);
      throw error;
    }
  };
  // the first error of an outage is told, its repetitions are not
  redis.on("error", tell);
  listener.on("error", () => {});
  redis.on("close", () => set(false));
  const first = new Promise<void>((resolve, reject) => {
    redis.once("ready", () => void look().then(resolve, reject));
    redis.once("close", () => resolve());
  });
  const close = () => {
    redis.disconnect();
    listener.disconnect();
  };
  await first.catch((error: unknown) => {
    if (!(error instanceof UnfitRedisError)) return;
    close();
    throw error;
  });
  redis.on("ready", () => void look().catch(() => {}));
  return {
    redis,
    listener,
    get up() {
      return up;
    },
    doubt() {
      if (!up) return;
      set(false);
      // a server that hangs is found out by connecting anew
      redis.disconnect(true);
    },
    close,
  };
}
