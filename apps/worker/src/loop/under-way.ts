/** Exchanges of one sort that have not been answered yet. */
export class UnderWay {
  #exchanges = 0;
  #asked = 0;

  get exchanges(): number {
    return this.#exchanges;
  }

  /** What they may still claim, all together. */
  get asked(): number {
    return this.#asked;
  }

  /** One that asks for so many begins. Answers what ends it. */
  begin(asked: number): () => void {
    this.#exchanges += 1;
    this.#asked += asked;
    return () => {
      this.#exchanges -= 1;
      this.#asked -= asked;
    };
  }
}
