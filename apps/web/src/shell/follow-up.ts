/** A click as far as it decides whether a link promised to go somewhere. */
export interface LinkClick {
  /** Somebody, such as Next's Link, has said that the browser shall not follow it. */
  defaultPrevented: boolean;
  button: number;
  modified: boolean;
  link: { href: string; target: string; download: boolean; opensPopup: boolean } | undefined;
}

/** Where the page has to go after a click that a Link took upon itself; undefined for any other click. */
export function promisedBy(click: LinkClick, address: string): string | undefined {
  const { link } = click;
  if (link === undefined || !click.defaultPrevented || click.button !== 0 || click.modified) return;
  if ((link.target !== "" && link.target !== "_self") || link.download || link.opensPopup) return;
  if (!URL.canParse(link.href)) return;
  const [to, here] = [new URL(link.href), new URL(address)];
  return to.origin === here.origin && !isSamePage(to, here) ? to.href : undefined;
}

function isSamePage(a: URL, b: URL): boolean {
  return a.pathname === b.pathname && a.search === b.search;
}

export interface FollowUpPort {
  address(): string;
  /** Loads an address anew. */
  go(href: string): void;
  set(run: () => void, ms: number): unknown;
  clear(handle: unknown): void;
}

/** Long enough for a slow answer to arrive, short enough that nobody has clicked three times. */
export const PATIENCE_MS = 2_500;

/** Watches one promise at a time; the latest click counts. */
export function createFollowUp(port: FollowUpPort) {
  let timer: unknown;
  let shown: string | undefined;

  /** The page is being left: nothing is owed any more. */
  function settle(): void {
    if (timer !== undefined) port.clear(timer);
    timer = undefined;
  }

  function expect(href: string): void {
    settle();
    const from = port.address();
    timer = port.set(() => {
      timer = undefined;
      if (port.address() === from) port.go(href);
    }, PATIENCE_MS);
  }

  /** The page shows this now. If that is something else than before, a promise was kept, or overtaken. */
  function show(place: string): void {
    if (shown !== undefined && shown !== place) settle();
    shown = place;
  }

  return { expect, show, settle };
}
