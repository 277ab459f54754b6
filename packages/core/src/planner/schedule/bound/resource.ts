/** Tasks that share something, how much of it each takes, and how much there is. */
export interface Resource {
  readonly capacity: number;
  readonly tasks: Int32Array;
  readonly units: Int32Array;
}

/** When tasks can run: from their heads, and with their tails after them. */
export interface Windows {
  readonly duration: Int32Array;
  readonly heads: Int32Array;
  readonly tails: Int32Array;
}
