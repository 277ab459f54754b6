import { guardedFetch, type AllowedHosts, type GuardedResponse } from "@nofx/control/net";
import type { WorkerEngine } from "@nofx/control/steps";
import { childTraceparent } from "@nofx/core/messages";
import { isRepeatable, type HttpWith } from "@nofx/core/vocabulary";
import type { Handler, StepRun } from "../catalog/handler.ts";
import { failureOf, refusalOf, unknownOutcome } from "../http/failure-of.ts";
import { outputOf } from "../http/output-of.ts";
import { persist } from "../loop/persist.ts";

export interface HttpPorts {
  readonly engine: Pick<WorkerEngine, "checkpoint">;
  /** What may be called although it is not public. */
  readonly allowed: AllowedHosts;
  readonly now: () => Date;
}

const REDIRECTS = 5;

/**
 * One request. The receiver gets the step's token as Idempotency-Key, the same in every attempt, and the epoch as
 * Fencing-Token, larger in every attempt.
 */
export function createHttpHandler({ engine, allowed, now }: HttpPorts): Handler<HttpWith> {
  return async (run, args) => {
    const { signal, log } = run;
    const { host } = new URL(args.url);
    const asked = { repeatable: isRepeatable(args), dependency: `http:${host}`.slice(0, 255) };
    if (!asked.repeatable) await markSending(run, engine);
    let response: GuardedResponse;
    try {
      response = await guardedFetch({
        method: args.method,
        url: args.url,
        headers: headersOf(run, args),
        body: bodyOf(args),
        signal,
        allowed,
        maxBytes: args.maxResponseBytes,
        redirects: REDIRECTS,
        final: args.expectStatus,
      });
    } catch (error) {
      throw failureOf(error, asked, signal);
    }
    const { status } = response;
    log.write("system", `${args.method} ${host}: ${status}`);
    if (!isExpected(status, args)) throw refusalOf(response, asked, now());
    return { type: "succeeded", output: outputOf(response), dependency: asked.dependency };
  };
}

/**
 * What may not be sent twice leaves a mark before it is sent. A settled attempt has counted a failure, which makes the
 * next mark another one; so the mark of another epoch belongs to an attempt that never said how it ended.
 */
async function markSending(run: StepRun, engine: HttpPorts["engine"]): Promise<void> {
  const { step, held } = run;
  const name = `sending.${step.id}.${step.failures}`;
  const mark = await persist(run, () => engine.checkpoint(held, name, { epoch: held.epoch }));
  if ((mark.value as { epoch?: unknown }).epoch === held.epoch) return;
  throw unknownOutcome("An earlier attempt was about to send the request and did not come back.");
}

function headersOf({ step }: StepRun, args: HttpWith): Record<string, string> {
  const own = Object.entries(args.headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  const trace =
    step.traceparent === null ? undefined : childTraceparent(step.traceparent, spanOf(step.id));
  return {
    ...(args.body === undefined ? {} : { "content-type": typeOf(args.body) }),
    ...Object.fromEntries(own),
    "idempotency-key": step.token,
    "fencing-token": String(step.epoch),
    ...(trace === undefined ? {} : { traceparent: trace }),
  };
}

/** The random half of a step's id: one span a step, whoever asks. */
function spanOf(stepId: string): string {
  return stepId.replaceAll("-", "").slice(16);
}

function typeOf(body: NonNullable<HttpWith["body"]>): string {
  return body.text === undefined ? "application/json" : "text/plain; charset=utf-8";
}

function bodyOf({ body }: HttpWith): string | undefined {
  return body === undefined ? undefined : (body.text ?? JSON.stringify(body.json));
}

function isExpected(status: number, { expectStatus }: HttpWith): boolean {
  return expectStatus === undefined ? status >= 200 && status < 300 : expectStatus.includes(status);
}
