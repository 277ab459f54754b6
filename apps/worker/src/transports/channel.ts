import type { Redis } from "ioredis";
import { Lane } from "./lane.ts";

// What workers and the dispatcher call to each other. Redis keeps nothing of it and whoever is away does not hear it, so
// both say again within a second what still holds.
const WANTED = "nofx:wanted";
const READY = "nofx:ready";

/** In place of a lane's name: whoever wants steps says so. */
export const EVERY_LANE = "*";

export interface Channel {
  /** A worker of this lane could take more. */
  wanted(lane: Lane): void;
  /** There are new hints in the lane of this name. */
  ready(name: string): void;
  close(): void;
}

/** `redis` speaks; a connection of its own listens, and listens again by itself after an outage. */
export async function openChannel(options: {
  redis: Redis;
  listener: Redis;
  onWanted: (lane: Lane) => void;
  onReady: (name: string) => void;
}): Promise<Channel> {
  const { redis, listener, onWanted, onReady } = options;
  const hear = (channel: string, text: string) => {
    if (channel === READY) onReady(text);
    else {
      const lane = parse(text);
      if (lane !== undefined) onWanted(lane);
    }
  };
  listener.on("message", hear);
  await listener.subscribe(WANTED, READY);
  const say = (channel: string, text: string) => {
    redis.publish(channel, text).catch(() => {
      // whoever looks again by itself makes it good
    });
  };
  return {
    wanted: (lane) => say(WANTED, JSON.stringify(lane)),
    ready: (name) => say(READY, name),
    close: () => void listener.off("message", hear),
  };
}

function parse(text: string): Lane | undefined {
  try {
    return Lane.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
