import { Agent, request } from "node:http";

/** Where a chat completion is asked for. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  /** Whose CPU is counted beside the provider's. */
  readonly pids: readonly number[];
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

export interface Answer {
  readonly ms: number;
  readonly firstMs: number;
}

/** One call over a kept connection; throws on anything but a whole answer. */
export function ask(target: Target, stream: boolean): Promise<Answer> {
  const body = JSON.stringify({
    model: target.model,
    messages: [
      { role: "system", content: "You answer shortly." },
      { role: "user", content: "Say forty words about the sea, and no more than that." },
    ],
    max_tokens: 64,
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  });
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port: target.port,
        path: "/v1/chat/completions",
        method: "POST",
        agent,
        headers: {
          ...target.headers,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
        },
      },
      (response) => {
        let firstMs = Number.NaN;
        let text = "";
        response.on("data", (part: Buffer) => {
          if (Number.isNaN(firstMs)) firstMs = performance.now() - begun;
          text += part.toString();
        });
        response.on("end", () => {
          if (response.statusCode === 200 && text.includes("word39")) {
            return resolve({ ms: performance.now() - begun, firstMs });
          }
          return reject(new Error(`${target.name}: ${response.statusCode} ${text.slice(0, 500)}`));
        });
        response.once("error", reject);
      },
    );
    sent.once("error", reject);
    sent.end(body);
  });
}

/** One after the other. */
export async function inTurn(target: Target, count: number, stream: boolean): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < count; i++) answers.push(await ask(target, stream));
  return answers;
}

/** So many at a time, for so long; calls a second. */
export async function atOnce(target: Target, width: number, ms: number): Promise<number> {
  const until = performance.now() + ms;
  let done = 0;
  const one = async () => {
    while (performance.now() < until) {
      await ask(target, false);
      done++;
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: width }, one));
  return (done / (performance.now() - begun)) * 1_000;
}
