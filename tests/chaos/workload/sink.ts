import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The outside world: a file that every effect appends a line to, `key epoch`. The key is the step's token, the epoch its
 * fencing token. Effects are at least once: the same key may come several times, from several epochs.
 */
export class Sink {
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, "sink");
  }

  read(): { key: string; epoch: number }[] {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => {
      const [key = "", epoch] = line.split(" ");
      return { key, epoch: Number(epoch) };
    });
  }
}
