/** What an operator lets steps and webhooks reach although it is not public: exact `host:port` pairs. */
export type AllowedHosts = ReadonlySet<string>;

const PAIR = /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+):\d{1,5}$/;

/** Reads `NOFX_HTTP_ALLOW`: a comma list like `localhost:8080,10.0.0.5:443`. Throws at what is not a pair. */
export function parseAllowedHosts(list: string): AllowedHosts {
  const pairs = list.split(",").map((pair) => pair.trim().toLowerCase());
  const given = pairs.filter((pair) => pair !== "");
  const wrong = given.find((pair) => !PAIR.test(pair) || !URL.canParse(`http://${pair}`));
  if (wrong !== undefined) {
    throw new Error(`NOFX_HTTP_ALLOW: "${wrong}" is not host:port, like localhost:8080.`);
  }
  return new Set(given);
}

/** The pair that an address is on: its port is named even where it is the scheme's own. */
export function hostAndPort(url: URL): string {
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return `${url.hostname}:${port}`;
}
