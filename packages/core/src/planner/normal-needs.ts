import type { ItemNeed } from "../vocabulary/index.ts";

/** What an item needs, each once, and how long after its end it starts where that is not at once. */
export interface NormalNeeds {
  readonly needs: string[];
  readonly lags: Readonly<Record<string, number>>;
}

/** Of an item that is named twice the longer lag holds. */
export function normalNeeds(all: readonly ItemNeed[]): NormalNeeds {
  const lags = new Map<string, number>();
  for (const need of all) {
    const { item, lagSeconds } = typeof need === "string" ? { item: need, lagSeconds: 0 } : need;
    lags.set(item, Math.max(lags.get(item) ?? 0, lagSeconds));
  }
  return {
    needs: [...lags.keys()],
    lags: Object.fromEntries([...lags].filter(([, seconds]) => seconds > 0)),
  };
}

/** The other way round: as a document says it. */
export function writtenNeeds({ needs, lags }: NormalNeeds): ItemNeed[] {
  return needs.map((item) => {
    const lagSeconds = Object.hasOwn(lags, item) ? (lags[item] ?? 0) : 0;
    return lagSeconds === 0 ? item : { item, lagSeconds };
  });
}
