type IsUnion<T, U = T> = T extends U ? ([U] extends [T] ? false : true) : never;

/**
 * Holds a name to one literal: `string`, patterns like `pay ${string}` and unions are refused. Names identify results across
 * retries and releases, so they stand in the code; what differs from one time to the next is the key.
 */
export type Literal<N extends string> =
  {} extends Record<N, 1>
    ? "a name has to be a literal: what differs from item to item goes into { key }"
    : IsUnion<N> extends true
      ? "a name has to be one literal: what differs from item to item goes into { key }"
      : N;

/** What tells the times of one name apart, in a loop for example: an id of the item, never its position. */
export interface Keyed {
  key?: string | number;
}
