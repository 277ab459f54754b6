import { MAX_LINE } from "@nofx/control/steps";

/** What is kept of one stream. */
export const MAX_STREAM_BYTES = 1024 * 1024;
/** A line counts as this much at least, so that a megabyte of empty lines is not a million rows. */
const LEAST_BYTES = 64;
const CUT = " … [line cut here]";
const TAIL_LINES = 20;
const TAIL_LINE = 500;

/**
 * Bytes of one stream as lines that can be stored: invalid UTF-8 and NUL replaced, long lines cut, nothing kept beyond a
 * megabyte. Each cut says so. The last lines are remembered whatever was dropped before them.
 */
export class OutputLines {
  readonly #name: string;
  readonly #keep: (line: string) => void;
  readonly #say: (notice: string) => void;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #tail: string[] = [];
  #line = "";
  #cut = false;
  #bytes = 0;
  #full = false;

  constructor(name: string, keep: (line: string) => void, say: (notice: string) => void) {
    this.#name = name;
    this.#keep = keep;
    this.#say = say;
  }

  push(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#line !== "" || this.#cut) this.#finish();
  }

  tail(): string {
    return this.#tail.join("\n");
  }

  #take(text: string): void {
    const pieces = text.split("\n");
    const rest = pieces.pop() ?? "";
    for (const piece of pieces) {
      this.#extend(piece);
      this.#finish();
    }
    this.#extend(rest);
  }

  #extend(piece: string): void {
    if (this.#cut) return;
    this.#line += piece;
    if (this.#line.length > MAX_LINE) {
      this.#line = this.#line.slice(0, MAX_LINE - CUT.length).toWellFormed() + CUT;
      this.#cut = true;
    }
  }

  #finish(): void {
    const line = this.#line.replace(/\r$/, "").replaceAll("\u0000", "\ufffd");
    this.#line = "";
    this.#cut = false;
    this.#tail.push(line.slice(0, TAIL_LINE).toWellFormed());
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    if (this.#full) return;
    this.#bytes += Math.max(LEAST_BYTES, Buffer.byteLength(line));
    if (this.#bytes > MAX_STREAM_BYTES) {
      this.#full = true;
      this.#say(`${this.#name}: more than 1 MiB; the rest is not kept`);
    } else {
      this.#keep(line);
    }
  }
}
