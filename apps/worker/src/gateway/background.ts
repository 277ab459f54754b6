/** Work that goes on after its answer has gone out. */
export interface Background {
  /** It must not fail: whoever gives it deals with that. */
  readonly add: (work: Promise<void>) => void;
  /** Resolves when nothing of it is left. */
  done(): Promise<void>;
}

export function createBackground(): Background {
  const underWay = new Set<Promise<void>>();
  return {
    add(work) {
      underWay.add(work);
      const forget = () => underWay.delete(work);
      work.then(forget, forget);
    },
    async done() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}
