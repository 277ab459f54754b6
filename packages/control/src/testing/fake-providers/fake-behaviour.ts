import type { FakeAnswer } from "./fake-answer.ts";

/** What a fake provider does with a request. */
export type FakeBehaviour =
  | { readonly do: "answer"; readonly answer?: FakeAnswer }
  /** `says` is what its error tells; in it `{key}` becomes the key that was sent. */
  | {
      readonly do: "error";
      readonly status: number;
      readonly says?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Before the first and before every further chunk. */
  | { readonly do: "slow"; readonly firstMs: number; readonly eachMs: number }
  /** Nothing more comes, after so many chunks (0: not even a status), until `release`. */
  | { readonly do: "hold"; readonly afterChunks: number }
  /** The connection breaks. */
  | { readonly do: "cut"; readonly afterChunks: number }
  /** The stream ends in good order, but not as the protocol ends it. */
  | { readonly do: "end_early"; readonly afterChunks: number }
  /** A chunk that is no JSON. */
  | { readonly do: "malformed"; readonly afterChunks: number }
  /** The protocol's error within a stream. */
  | { readonly do: "fail_in_stream"; readonly afterChunks: number; readonly says?: string }
  /** 200, and this: a recorded body, or the events of one, each the data of an event. */
  | { readonly do: "replay"; readonly body: object | readonly object[] }
  /** 200, and a page of HTML. */
  | { readonly do: "html" }
  /** The answer repeats the key that was sent: as it is, in hex, base64 and URL-encoded, in text, headers and id. */
  | { readonly do: "echo" }
  | { readonly do: "redirect"; readonly location: string };

/** A key in the forms in which a provider may repeat it. */
export function formsOf(key: string): string[] {
  const bytes = Buffer.from(key);
  return [
    key,
    `Bearer ${key}`,
    bytes.toString("hex"),
    bytes.toString("base64"),
    Buffer.from(`Bearer ${key}`).toString("base64"),
    Buffer.from(`x:${key}`).toString("base64"),
    encodeURIComponent(key),
  ];
}
