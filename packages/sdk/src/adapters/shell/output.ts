const TAIL_LINES = 20;
const MAX_LINE = 4_000;
/** A line counts as this much at least, so that a megabyte of empty lines is not a million log lines. */
const LEAST_BYTES = 64;

export interface OutputPorts {
  /** One line, as it comes; not called when it is left out. */
  readonly line?: (line: string) => void;
  /** Said once, when no more is kept. */
  readonly full: () => void;
  readonly maxBytes: number;
}

/** One stream of a command: its text up to a limit, its lines as they come, its last lines whatever was dropped. */
export class Output {
  readonly #ports: OutputPorts;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #tail: string[] = [];
  #text = "";
  #bytes = 0;
  #rest = "";
  #logged = 0;
  #full = false;

  constructor(ports: OutputPorts) {
    this.#ports = ports;
  }

  get truncated(): boolean {
    return this.#full;
  }

  /** All of it, as far as it was kept. */
  get text(): string {
    return this.#text;
  }

  get tail(): string {
    return this.#tail.join("\n");
  }

  push(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }), chunk.byteLength);
  }

  end(): void {
    this.#take(this.#decoder.decode(), 0);
    if (this.#rest !== "") this.#finish(this.#rest);
    this.#rest = "";
  }

  #take(text: string, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#ports.maxBytes) this.#fill();
    else this.#text += text;
    const pieces = (this.#rest + text).split("\n");
    // A line without an end grows no further than what is shown of it.
    this.#rest = (pieces.pop() ?? "").slice(0, MAX_LINE + 1);
    for (const piece of pieces) this.#finish(piece);
  }

  #fill(): void {
    if (!this.#full) this.#ports.full();
    this.#full = true;
  }

  #finish(raw: string): void {
    const line = raw.replace(/\r$/, "");
    const shown = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE).toWellFormed()} …` : line;
    this.#tail.push(shown);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.#logged += Math.max(LEAST_BYTES, shown.length);
    if (this.#logged > this.#ports.maxBytes) this.#fill();
    else this.#ports.line?.(shown);
  }
}
