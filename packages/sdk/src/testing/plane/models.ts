/** What a handler asked a model. */
export interface ModelCall {
  /** The step that asked, where the call says so. */
  readonly stepId: string | null;
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  /** The whole of it, as it was sent. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Counts from 1, over all calls. */
  readonly n: number;
}

/** What a simulated model answers; a text alone is enough. */
export type SimulatedAnswer =
  | string
  | {
      readonly text?: string;
      readonly toolCalls?: readonly { readonly name: string; readonly arguments: unknown }[];
      readonly inputTokens?: number;
      readonly outputTokens?: number;
      readonly costUsd?: string;
    }
  /** The call is refused: as by a provider that is down, or a budget that is used up. */
  | {
      readonly refuse: {
        readonly status: number;
        readonly code: string;
        readonly message?: string;
      };
    };

/** A model in a test: always the same answer, one after the other, or what the function makes of the question. */
export type SimulatedModel =
  | SimulatedAnswer
  | readonly SimulatedAnswer[]
  | ((call: ModelCall) => SimulatedAnswer | Promise<SimulatedAnswer>);
