export type SearchParams = Promise<Record<string, string | string[] | undefined>>;

/** Search parameters of a page as the same reader that the browser uses; of several values the first counts. */
export function readParams(params: Awaited<SearchParams>): (name: string) => string | undefined {
  return (name) => {
    const value = params[name];
    return Array.isArray(value) ? value[0] : value;
  };
}
