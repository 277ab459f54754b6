import { appendFileSync } from "node:fs";

/** How a call ended: ok (answered), info (no answer: it may have been carried out), fail (refused: it was not). */
export type Outcome = "ok" | "info" | "fail";

const MAKES = new Set(["backlog.import", "plans.create", "plans.execute"]);

export interface Call {
  readonly id: number;
  readonly what: string;
  readonly key: string;
  readonly outcomes: Outcome[];
  /** Answered from an earlier request whose own answer was lost. */
  replayed: boolean;
  answer: unknown;
  /** Why it was refused. */
  error?: string | undefined;
}

/** Every call of every client: invoked, and how it ended each time it was tried. Checked when all is over. */
export class History {
  readonly calls: Call[] = [];
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  invoke(what: string, key: string): Call {
    const call: Call = {
      id: this.calls.length,
      what,
      key,
      outcomes: [],
      replayed: false,
      answer: undefined,
    };
    this.calls.push(call);
    this.#write({ type: "invoke", id: call.id, what, key });
    return call;
  }

  end(
    call: Call,
    type: Outcome,
    told: { replayed?: boolean; answer?: unknown; error?: string },
  ): void {
    call.outcomes.push(type);
    if (type === "ok") call.answer = told.answer;
    if (type === "fail") call.error = told.error;
    if (told.replayed === true) call.replayed = true;
    this.#write({ type, id: call.id, what: call.what, ...told });
  }

  acknowledged(what: string): Call[] {
    return this.calls.filter((call) => call.what === what && call.outcomes.includes("ok"));
  }

  /** Calls that the last client gave up on with no answer. */
  unknown(): Call[] {
    return this.calls.filter((call) => !call.outcomes.includes("ok"));
  }

  /** Calls that make something and were refused: none of them gives a reason to. */
  refused(): Call[] {
    return this.calls.filter(({ what, outcomes }) => MAKES.has(what) && outcomes.includes("fail"));
  }

  /** Done although the client saw an error: its repetition was answered from the first time. */
  lostAnswers(): Call[] {
    return this.calls.filter((call) => call.replayed && call.outcomes.includes("info"));
  }

  #write(line: object): void {
    appendFileSync(this.#path, `${JSON.stringify({ at: performance.now(), ...line })}\n`);
  }
}
