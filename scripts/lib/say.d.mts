export class Sentence extends Error {}
export function seconds(ms: number): string;
export function step<T>(
  name: string,
  work: (note: (text: string) => void) => Promise<T> | T,
): Promise<T>;
export function say(text: string): void;
export function main(run: () => Promise<number | void>): Promise<void>;
