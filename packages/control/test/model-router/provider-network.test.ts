import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createProviderNetwork,
  ProviderFailure,
  providerModel,
  type ProviderNetwork,
  type ProviderRoute,
} from "@nofx/control/model-router/providers";
import { system } from "@nofx/control/seams";
import { startFakeProvider, type FakeProvider } from "@nofx/control/testing/fake-providers";
import { afterAll, beforeAll, expect, test } from "vitest";

const KEY = "sk-0123456789";
const PNG = Buffer.from("iVBORw0KGgo=", "base64");
const LARGE = Buffer.alloc(15 * 1_024 * 1_024);
let asked = 0;
const lookups: Record<string, string> = {
  "models.example": "93.184.216.34",
  "inside.example": "10.0.0.7",
  "metadata.example": "169.254.169.254",
};
let fake: FakeProvider;
let files: Server;
let network: ProviderNetwork;
let filesAt = "";

beforeAll(async () => {
  fake = await startFakeProvider({ kind: "mistral" });
  files = createServer((request, response) => {
    const type = request.url === "/page" ? "text/html" : "image/png";
    if (request.url === "/inward") {
      response.writeHead(302, { location: "http://169.254.169.254/latest" }).end();
    } else if (request.url === "/large.png") {
      asked += 1;
      response.writeHead(200, { "content-type": "image/png" }).end(LARGE);
    } else response.writeHead(200, { "content-type": type }).end(PNG);
  });
  await new Promise<void>((done) => {
    files.listen(0, "127.0.0.1", done);
  });
  filesAt = `127.0.0.1:${(files.address() as AddressInfo).port}`;
  network = networkOf([fake.host, filesAt]);
});
afterAll(async () => {
  await network.close();
  files.close();
  await fake.close();
});

function networkOf(allowed: string[]): ProviderNetwork {
  return createProviderNetwork({
    allowed: new Set(allowed),
    now: () => new Date(),
    lookup: (host, _options, done) =>
      done(null, [{ address: lookups[host] ?? "127.0.0.1", family: 4 }]),
  });
}

const ask = (url?: string) => ({
  prompt: [
    {
      role: "user" as const,
      content: [
        { type: "text" as const, text: "Hello?" },
        ...(url === undefined
          ? []
          : [
              {
                type: "file" as const,
                mediaType: "image/*",
                data: { type: "url" as const, url: new URL(url) },
              },
            ]),
      ],
    },
  ],
});

async function codeOf(route: Partial<ProviderRoute>, over = network, secret: string | null = KEY) {
  const whole = {
    provider: "p",
    model: "m",
    kind: "mistral" as const,
    headers: {},
    baseUrl: fake.baseUrl,
  };
  const deps = { clock: system.clock, network: over };
  try {
    await (await providerModel({ ...whole, ...route }, secret, deps)).doGenerate(ask());
    return "answered";
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.message.includes(KEY)) throw error;
    return error.code;
  }
}

test.each([
  "http://127.0.0.1:1/v1",
  "https://127.0.0.1/v1",
  "https://2130706433/v1",
  "https://[::1]/v1",
  "https://10.1.2.3/v1",
  "https://192.168.0.1/v1",
  "https://169.254.169.254/v1",
  "https://inside.example/v1",
  "https://metadata.example/v1",
  "https://user:pass@models.example/v1",
  "http://models.example/v1",
  "https://models.example:22/v1",
  "ftp://models.example/v1",
  "https://models.example/v1?x=",
  "https://models.example/(a+)+",
  "not an address",
])("a base URL like %s is not called", async (baseUrl) => {
  expect(await codeOf({ baseUrl })).toBe("address_refused");
});

test("what an operator allows is called, and nothing beside it", async () => {
  expect(await codeOf({})).toBe("answered");
  const other = networkOf([]);
  expect(await codeOf({}, other)).toBe("address_refused");
  await other.close();
});

test("connections are kept, whole answers and streams alike", async () => {
  const fresh = await startFakeProvider({ kind: "mistral" });
  const over = networkOf([fresh.host]);
  const route = { provider: "p", model: "m", kind: "mistral" as const, headers: {} };
  const deps = { clock: system.clock, network: over };
  const model = await providerModel({ ...route, baseUrl: fresh.baseUrl }, KEY, deps);
  for (let i = 0; i < 5; i++) {
    await model.doGenerate(ask());
    const { stream } = await model.doStream(ask());
    for await (const part of stream) expect(part.type).not.toBe("error");
    fresh.next({ do: "error", status: 503 });
    await expect(model.doGenerate(ask())).rejects.toMatchObject({ code: "overloaded" });
  }
  expect(fresh.requests).toHaveLength(15);
  // a request that comes before the end of another has been seen may open one more
  expect(fresh.connections).toBeLessThan(5);
  await over.close();
  await fresh.close();
});

test("nobody listens there: nothing was sent", async () => {
  const gone = await startFakeProvider({ kind: "mistral" });
  const over = networkOf([gone.host]);
  await gone.close();
  expect(await codeOf({ baseUrl: gone.baseUrl }, over)).toBe("unreachable");
  await over.close();
});

test("headers and models cannot change where or how a request goes", async () => {
  const before = fake.requests.length;
  for (const [name, value] of [
    ["x-a", "1\r\nx-b: 2"],
    ["x-a", "1\n"],
    ["x-a", "ключ"],
    ["x a", "1"],
    ["x-a:", "1"],
    ["Authorization", "Bearer other"],
    ["Host", "other"],
    ["Transfer-Encoding", "chunked"],
    ["proxy-authorization", "x"],
    ["Cookie", "a=b"],
  ] as const) {
    expect([name, await codeOf({ headers: { [name]: value } })]).toEqual([name, "address_refused"]);
  }
  expect(await codeOf({ model: "../../admin" })).toBe("model_missing");
  expect(await codeOf({}, network, "sk-\r\nx-evil: 1")).toBe("unauthorized");
  expect(fake.requests).toHaveLength(before);
});

test("without a secret no key is sent, not even one of this process", async () => {
  process.env.MISTRAL_API_KEY = "sk-of-the-process";
  expect(await codeOf({}, network, null)).toBe("answered");
  delete process.env.MISTRAL_API_KEY;
  expect(fake.requests.at(-1)?.headers.authorization).toBeUndefined();
});

test("images that a provider does not fetch are fetched here, from where it is allowed", async () => {
  const route = { provider: "p", model: "m", kind: "google" as const, headers: {}, baseUrl: "" };
  const google = await startFakeProvider({ kind: "google" });
  const over = networkOf([google.host, filesAt]);
  const deps = { clock: system.clock, network: over };
  const model = await providerModel({ ...route, baseUrl: google.baseUrl }, KEY, deps);
  await model.doGenerate(ask(`http://${filesAt}/a.png`));
  expect(JSON.stringify(google.requests.at(-1)?.body)).toContain("iVBORw0KGgo=");
  for (const url of [
    `http://${filesAt}/page`,
    `http://${filesAt}/inward`,
    "http://169.254.169.254/latest",
    "https://inside.example/a.png",
  ]) {
    await expect(model.doGenerate(ask(url))).rejects.toMatchObject({ code: "refused_by_provider" });
  }
  // each may be fetched, all of them together not
  const { prompt } = ask(`http://${filesAt}/large.png`);
  const many = { prompt: Array.from({ length: 10 }, () => prompt).flat() };
  await expect(model.doGenerate(many)).rejects.toMatchObject({ code: "refused_by_provider" });
  expect(asked).toBe(3);
  expect(google.requests).toHaveLength(1);
  await over.close();
  await google.close();
});
