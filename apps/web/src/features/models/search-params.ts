type Read = (name: string) => string | undefined;

export interface ModelsFilter {
  search: string;
  /** Also those that only have a price. */
  all: boolean;
}

/** The filter in the address of the page. */
export function readModelsFilter(read: Read): ModelsFilter {
  return { search: read("q")?.trim().slice(0, 100) ?? "", all: read("all") !== "no" };
}

export const toModelsInput = ({ search, all }: ModelsFilter) => ({
  available: all ? ("false" as const) : ("true" as const),
  ...(search === "" ? {} : { search }),
});
