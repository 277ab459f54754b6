import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { Usage } from "@nofx/core/model-router";
import { ProviderFailure } from "../model-router/providers/index.ts";
import type { StreamWriter } from "../model-router/wire/index.ts";
import { collect, type AnswerContent } from "./answer-content.ts";
import type { OpenStream } from "./ask-model.ts";
import type { CallFrame } from "./call-frame.ts";
import { failedBy } from "./errors.ts";
import { estimateUsage } from "./estimate-usage.ts";
import type { Answered } from "./run-attempts.ts";

type Finish = Extract<LanguageModelV4StreamPart, { type: "finish" }>;

/**
 * Passes a model's stream on as server-sent events. However it ends, its attempt is ended with what it used: told by the provider,
 * or counted here where it was cut off or the caller left. The last byte goes out after that, unless the process closes its books
 * in the background.
 */
export function streamAnswer(
  frame: CallFrame,
  { attempt, value: open }: Answered<OpenStream>,
  writer: StreamWriter,
  /** Told what was said; of an answer that broke off only the content. */
  onSaid: (said: Pick<AnswerContent, "content">, whole: AnswerContent | undefined) => Promise<void>,
): ReadableStream<Uint8Array> {
  const { hooks, caller } = frame;
  const encoder = new TextEncoder();
  const collected = collect();
  const queue = [...open.first];
  let finish: Finish | undefined;
  let over: Promise<void> | undefined;
  let pulling: Promise<void> = Promise.resolve();

  const nextPart = async (): Promise<LanguageModelV4StreamPart | undefined> => {
    const read = queue.shift();
    if (read !== undefined) return read;
    const { done, value } = await open.rest.read();
    return done ? undefined : value;
  };
  /** The text of the next events; undefined at the end. Throws what the provider failed with. */
  const nextText = async (): Promise<string | undefined> => {
    for (;;) {
      const part = await nextPart();
      if (part === undefined) {
        if (finish !== undefined) return undefined;
        throw new ProviderFailure("cut_off", "The provider's stream broke off.");
      }
      if (part.type === "error") throw part.error;
      if (part.type === "finish") finish = part;
      collected.add(part);
      const text = writer.write(part);
      if (text !== "") return text;
    }
  };
  const close = async (status: "succeeded" | "failed" | "abandoned", failure?: ProviderFailure) => {
    const usage: { usage: Usage; estimated?: boolean } =
      writer.usage === undefined ? estimateUsage(frame, collected.said) : { usage: writer.usage };
    await attempt.end({
      status,
      failure,
      ...usage,
      ...(finish !== undefined && { finishReason: finish.finishReason.unified }),
    });
    const { content } = collected;
    const whole = finish === undefined || status === "failed" ? undefined : { ...finish, content };
    await onSaid({ content }, whole);
  };
  const end = (...how: Parameters<typeof close>): Promise<void> => {
    over ??= close(...how).catch((error: unknown) => hooks.onError?.(error));
    hooks.background?.(over);
    return hooks.background === undefined ? over : Promise.resolve();
  };
  /** Nobody listens: stop the model, or let it come to its end for the exact bill. */
  const leave = async (): Promise<void> => {
    if (over !== undefined) return;
    const stops = caller.settings.onDisconnect === "stop";
    if (stops) open.stop();
    // one reads at a time
    await pulling;
    if (stops || over !== undefined) return end("abandoned");
    try {
      while ((await nextText()) !== undefined);
      return await end("abandoned");
    } catch (error) {
      return end("abandoned", ProviderFailure.in(error));
    }
  };
  let leaving: Promise<void> | undefined;
  const left = (): Promise<void> => {
    leaving ??= leave();
    hooks.background?.(leaving);
    return leaving;
  };
  // it may have left while the first words were waited for: then nobody is told again
  if (frame.gone.aborted) void left();
  else frame.gone.addEventListener("abort", () => void left(), { once: true });
  /** Its time is over. Whoever does not read on is not waited for: nobody else would close the books. */
  const expire = async (): Promise<void> => {
    await pulling;
    if (leaving === undefined) await end("failed", EXPIRED);
  };
  frame.signal.addEventListener("abort", () => void expire(), { once: true });

  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const send = (text: string) => {
      if (leaving === undefined && text !== "") controller.enqueue(encoder.encode(text));
    };
    try {
      const text = await nextText();
      if (text !== undefined) return send(text);
      if (leaving === undefined) await end("succeeded");
      send(writer.end());
    } catch (error) {
      if (leaving !== undefined) return;
      const failure = ProviderFailure.in(error) ?? BROKEN;
      open.stop();
      await end("failed", failure);
      send(writer.fail(failedBy(failure)));
    }
    if (leaving === undefined) controller.close();
  };
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (leaving !== undefined) return;
        pulling = pull(controller);
        return pulling;
      },
      cancel: () => left(),
    },
    { highWaterMark: 0 },
  );
}

const EXPIRED = new ProviderFailure("timed_out", "The time of the call was over.");
const BROKEN = new ProviderFailure("no_answer", "The provider's stream could not be read.");
