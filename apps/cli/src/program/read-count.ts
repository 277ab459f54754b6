import { InvalidArgumentError } from "commander";

/** How many of a list, at most as many as a page of the API has. */
export function readLimit(text: string): number {
  return readCount(200)(text);
}

/** Reads a whole number from 1 to `max`. */
export function readCount(max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (Number.isInteger(count) && count >= 1 && count <= max) return count;
    throw new InvalidArgumentError(`It takes a number from 1 to ${max}.`);
  };
}
