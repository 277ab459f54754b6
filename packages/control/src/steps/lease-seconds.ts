/** How long a claim lasts without a heartbeat. */
export const LEASE_SECONDS = 30;
