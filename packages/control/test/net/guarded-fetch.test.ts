import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  AddressRefused,
  guardedFetch,
  parseAllowedHosts,
  RequestFailed,
  type GuardedRequest,
  type Lookup,
} from "@nofx/control/net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

// A server on every loopback address stands for all that is inside: nothing may ever arrive there.

let inside: Server;
let insidePort: number;
const arrived: string[] = [];
const servers: Server[] = [];

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(answer: Answer, host: string): Promise<number> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  inside ??= server;
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  insidePort = await listen((request, response) => {
    arrived.push(`${request.headers.host} ${request.url}`);
    response.end("inside");
  }, "::");
});
afterEach(() => {
  expect(arrived.splice(0)).toEqual([]);
});
afterAll(() => {
  for (const server of servers) server.closeAllConnections();
  return Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

/** Names that lead where a hostile zone would send them. */
const ZONE: Record<string, string[]> = {
  "metadata.example": ["169.254.169.254"],
  "loopback.example": ["127.0.0.1"],
  "loopback6.example": ["::1"],
  "mapped.example": ["::ffff:127.0.0.1"],
  "private.example": ["10.0.0.1"],
  "mixed.example": ["8.8.8.8", "127.0.0.1"],
  "none.example": [],
};
const lookup: Lookup = (host, _options, done) =>
  done(
    null,
    (ZONE[host.replace(/\.$/, "")] ?? ["127.0.0.1"]).map((address) => ({
      address,
      family: address.includes(":") ? 6 : 4,
    })),
  );

const fetchIt = (url: string, more: Partial<GuardedRequest> = {}) =>
  guardedFetch({
    method: "GET",
    url,
    signal: new AbortController().signal,
    allowed: new Set(),
    maxBytes: 1_000,
    lookup,
    ...more,
  });

const HOSTS = [
  ["127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "0", "127.1", "127.0.1"],
  ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0x7f.0x0.0x0.0x1"],
  ["127.0.0.1.", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1"],
  ["[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::7f00:1]"],
  ["[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2001:0:7f00:1::]"],
  ["[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]"],
  ["[3fff::1]", "[100::1]", "[5f00::1]", "[4000::1]"],
  ["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "168.63.129.16"],
  ["100.100.100.200", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.192"],
  ["198.18.0.1", "192.0.2.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"],
  ["localhost", "localhost.", "LOCALHOST", "metadata.google.internal", "a.localhost"],
  [...Object.keys(ZONE), "metadata.example."],
].flat();

describe("nothing is sent to", () => {
  test.each(HOSTS)("%s", async (host) => {
    const error = await fetchIt(`http://${host}:${insidePort}/`).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AddressRefused);
  });

  test.each([
    "ftp://8.8.8.8/",
    "file:///etc/passwd",
    "gopher://8.8.8.8:70/",
    "data:text/plain,x",
    "ws://8.8.8.8/",
    "javascript:0",
    "//8.8.8.8/",
    "http://",
    "http://8.8.8.8:22/",
    "http://8.8.8.8:25/",
    "https://8.8.8.8:1023/",
    "http://8.8.8.8:0/",
    "http://user@8.8.8.8/",
    "http://user:password@8.8.8.8/",
    "http://[::1%25lo]/",
    "http://256.256.256.256/",
  ])("%s", async (url) => {
    await expect(fetchIt(url)).rejects.toBeInstanceOf(AddressRefused);
  });

  test.each([
    "http://8.8.8.8@127.0.0.1:P/",
    "http://127.0.0.1:P#@8.8.8.8/",
    "http:\\\\127.0.0.1:P",
  ])("%s", async (url) => {
    const real = url.replace("P", String(insidePort));
    await expect(fetchIt(real)).rejects.toBeInstanceOf(AddressRefused);
  });
});

describe("an allowed host", () => {
  const allow = (port: number) => parseAllowedHosts(`127.0.0.1:${port}`);

  test("is called, and its answer read up to the limit", async () => {
    const port = await listen((_request, response) => response.end("0123456789"), "127.0.0.1");
    const url = `http://127.0.0.1:${port}/`;
    const whole = await fetchIt(url, { allowed: allow(port) });
    expect(whole).toMatchObject({ status: 200, truncated: false });
    expect(Buffer.from(whole.body).toString()).toBe("0123456789");
    const cut = await fetchIt(url, { allowed: allow(port), maxBytes: 4 });
    expect(Buffer.from(cut.body).toString()).toBe("0123");
    expect(cut.truncated).toBe(true);
  });

  test.each([301, 302, 303, 307, 308])(
    "that redirects (%i) to what is inside leads nowhere",
    async (status) => {
      for (const to of [`127.0.0.1:${insidePort}`, `loopback.example:${insidePort}`, "10.0.0.1"]) {
        const port = await listen(
          (_request, response) => response.writeHead(status, { location: `//${to}/` }).end(),
          "127.0.0.1",
        );
        const url = `http://127.0.0.1:${port}/`;
        const asked = fetchIt(url, { allowed: allow(port), redirects: 5 });
        await expect(asked).rejects.toBeInstanceOf(AddressRefused);
      }
    },
  );

  test("may redirect five times; headers stay with the host that they were meant for", async () => {
    const heard: unknown[] = [];
    const other = await listen((request, response) => {
      heard.push(request.headers["x-team"]);
      response.end("there");
    }, "127.0.0.1");
    let left = 4;
    const port: number = await listen((_request, response) => {
      const location = left-- > 0 ? "/again" : `http://127.0.0.1:${other}/`;
      response.writeHead(302, { location }).end();
    }, "127.0.0.1");
    const allowed = parseAllowedHosts(`127.0.0.1:${port},127.0.0.1:${other}`);
    const more = { allowed, redirects: 5, headers: { "x-team": "ops" } };
    const found = await fetchIt(`http://127.0.0.1:${port}/`, more);
    expect([found.status, heard]).toEqual([200, [undefined]]);
    left = 6;
    const asked = fetchIt(`http://127.0.0.1:${port}/`, more);
    await expect(asked).rejects.toBeInstanceOf(AddressRefused);
  });

  test("gets no second request of a method that changes something", async () => {
    const port = await listen(
      (_request, response) => response.writeHead(307, { location: "/next" }).end(),
      "127.0.0.1",
    );
    const url = `http://127.0.0.1:${port}/`;
    const found = await fetchIt(url, { method: "POST", allowed: allow(port), redirects: 5 });
    expect(found.status).toBe(307);
  });

  test("a failure says whether anything can have been sent", async () => {
    const port = await listen((request) => request.socket.destroy(), "127.0.0.1");
    const failure = (on: number) =>
      fetchIt(`http://127.0.0.1:${on}/`, { allowed: allow(on) }).catch((error: unknown) => error);
    expect(await failure(port)).toMatchObject({ name: "RequestFailed", sent: true });
    const closed = servers.pop() as Server;
    await new Promise((resolve) => closed.close(resolve));
    const refused = await failure(port);
    expect(refused).toBeInstanceOf(RequestFailed);
    expect(refused).toMatchObject({ sent: false });
  });

  test("is named by host and port, and by nothing else", () => {
    expect([...parseAllowedHosts(" LocalHost:80, [::1]:8080 ,")]).toEqual([
      "localhost:80",
      "[::1]:8080",
    ]);
    for (const wrong of ["localhost", "http://a:1", "a:b", "*:80", "a:99999"]) {
      expect(() => parseAllowedHosts(wrong)).toThrow("NOFX_HTTP_ALLOW");
    }
  });
});
