export interface Holder {
  pid: number;
  what: string;
  at?: string;
}
export type Tell = (text: string) => void;
export function tryLock(
  file: string,
  what: string,
  tell?: Tell,
): { release?: () => void; holder?: Holder };
export function lock(file: string, what: string, tell: Tell): Promise<() => void>;
