import { seconds } from "./say.mjs";

const terminal = process.stdout.isTTY && process.env["TERM"] !== "dumb";
const plainEveryMs = 20_000;

/** What happens now, when several things do: one line for each that ends, and between them what is still at work. */
export class Progress {
  readonly #running = new Map<string, { begun: number; note: string }>();
  readonly #timer: NodeJS.Timeout;
  #shown = Date.now();

  constructor() {
    this.#timer = setInterval(() => this.#show(), terminal ? 250 : 1000);
    this.#timer.unref();
  }

  /** Runs `work` under a name. `describe` says how it ended: well or not, and in which words. */
  async during<T>(
    name: string,
    work: (note: (text: string) => void) => Promise<T>,
    describe: (result: T) => { ok: boolean; text: string },
  ): Promise<T> {
    const entry = { begun: Date.now(), note: "" };
    this.#running.set(name, entry);
    try {
      const result = await work((text) => {
        entry.note = text;
      });
      const { ok, text } = describe(result);
      this.#end(name, ok ? "✔" : "✖", text, entry.begun);
      return result;
    } catch (error) {
      this.#end(name, "✖", "", entry.begun);
      throw error;
    }
  }

  /** A line of its own. */
  say(text: string): void {
    if (terminal) process.stdout.write("\r\u001b[2K");
    console.log(text);
  }

  close(): void {
    clearInterval(this.#timer);
    if (terminal) process.stdout.write("\r\u001b[2K");
  }

  #end(name: string, mark: string, text: string, begun: number): void {
    this.#running.delete(name);
    const line = text === "" ? name : `${name}: ${text}`;
    this.say(`${mark} ${line.padEnd(60)} ${seconds(Date.now() - begun).padStart(10)}`);
    this.#shown = Date.now();
  }

  #show(): void {
    if (this.#running.size === 0) return;
    if (!terminal && Date.now() - this.#shown < plainEveryMs) return;
    this.#shown = Date.now();
    const parts = [...this.#running].map(([name, { begun, note }]) =>
      [name, note, seconds(Date.now() - begun)].filter((part) => part !== "").join(" "),
    );
    const line = `… ${parts.join(" · ")}`;
    if (terminal)
      process.stdout.write(`\r\u001b[2K${line.slice(0, (process.stdout.columns ?? 100) - 1)}`);
    else console.log(line);
  }
}
