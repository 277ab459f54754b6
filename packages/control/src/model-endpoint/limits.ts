/** What a request may carry: images travel in it as text. */
export const MOST_BYTES = 20 * 1_024 * 1_024;

/** How deep its JSON may be: schemas of tools are. */
export const MOST_LEVELS = 200;

/** How long a call may take, where its caller does not say less. OpenAI's clients wait as long. */
export const LONGEST_CALL_MS = 600_000;

/** What is reserved for an answer of which nobody says how long it may be. */
export const UNSAID_OUTPUT_TOKENS = 4_096;
