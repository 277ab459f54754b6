/** What one process knows of models, policies and their health. Made once a process; a second or two old at most. */
export interface Routing {
  /** What is known of a tenant is older than something that was just written here; without one: of all. */
  changed(tenantId: string | null): void;
}

export function createRouting(): Routing {
  return { changed: () => {} };
}
