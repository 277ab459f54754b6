/** Shorter ones stand in too many words to be looked for. */
const SHORTEST = 8;
const REDACTED = "[redacted]";

/** Takes a secret out of what a provider answers, in whatever common form it echoes it. */
export interface SecretFilter {
  /** Of a whole text. */
  clean(text: string): string;
  /** Of a text that comes in pieces: holds back only what may be the beginning of the secret. */
  stream(): { push(piece: string): string; end(): string };
}

export function secretFilter(secret: string | null): SecretFilter {
  const forms = secret === null || secret.length < SHORTEST ? [] : formsOf(secret);
  const clean = (text: string) =>
    forms.reduce((left, form) => left.replaceAll(form, REDACTED), text);
  return {
    clean,
    stream() {
      let held = "";
      return {
        push(piece) {
          if (forms.length === 0) return piece;
          const text = clean(held + piece);
          const from = beginningOf(forms, text);
          held = text.slice(from);
          return text.slice(0, from);
        },
        end() {
          const rest = held;
          held = "";
          return rest;
        },
      };
    },
  };
}

/** Raw, hex, URL-encoded, and base64 at each of its three offsets, so that it is also found within what was encoded with it. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const base64 = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const whole = text.replace(/=+$/, "");
    // what is shared with the bytes before and behind is cut off
    const inner = whole.slice(
      offset === 0 ? 0 : offset + 1,
      (offset + bytes.length) % 3 === 0 ? undefined : -1,
    );
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const url = encodeURIComponent(secret);
  const all = [secret, hex, hex.toUpperCase(), url, url.toLowerCase(), ...base64];
  return [...new Set(all)].filter(({ length }) => length >= SHORTEST);
}

/** Where the longest ending begins that a form could go on from; the length where there is none. */
function beginningOf(forms: readonly string[], text: string): number {
  let from = text.length;
  for (const form of forms) {
    const start = form.charAt(0);
    const earliest = Math.max(0, text.length - form.length + 1);
    for (
      let i = text.indexOf(start, earliest);
      i !== -1 && i < from;
      i = text.indexOf(start, i + 1)
    ) {
      if (form.startsWith(text.slice(i))) from = i;
    }
  }
  return from;
}
