import type { ChildProcess } from "node:child_process";

const KEPT = 8_192;

/** What a process says of itself. */
export interface Followed {
  /** Resolves when it serves, or ends. */
  readonly ready: Promise<void>;
  /** Where it serves, once it does. */
  readonly url: string | undefined;
  /** The end of what it said. */
  tail(): string;
}

export function follow(child: ChildProcess): Followed {
  let said = "";
  let url: string | undefined;
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const note = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-KEPT);
    url ??= /"gateway":"([^"]+)"/.exec(said)?.[1];
    if (url !== undefined) resolve();
  };
  child.stdout?.on("data", note);
  child.stderr?.on("data", note);
  child.once("exit", () => resolve());
  return {
    ready,
    get url() {
      return url;
    },
    tail: () => said.slice(-2_000),
  };
}
