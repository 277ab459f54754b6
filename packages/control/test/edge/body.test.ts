import { expect, it } from "vitest";
import { answerKeyVault } from "../../src/edge/answer-key-vault.ts";

it("a body without an end is read no further than its limit, and none is read without the token", async () => {
  const token = "t".repeat(32);
  let read = 0;
  const ask = (bearer: string) => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        read += 50_000;
        if (read > 10_000_000) return controller.close();
        return controller.enqueue(new Uint8Array(50_000));
      },
    });
    const headers = { authorization: `Bearer ${bearer}` };
    const request = new Request("http://vault", { method: "POST", headers, body, duplex: "half" });
    const refuse = () => {
      throw new Error("nothing is to go wrong");
    };
    return answerKeyVault(
      { token, db: refuse as never, keks: undefined, onError: refuse },
      request,
    );
  };
  expect((await ask("x".repeat(32))).status).toBe(401);
  expect(read).toBeLessThan(100_000);
  expect((await ask(token)).status).toBe(413);
  expect(read).toBeLessThan(1_000_000);
});
