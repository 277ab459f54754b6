/** Money as whole picodollars (1e-12 USD), so that sums are exact: a token can cost a ten-millionth of a dollar. */
export type PicoUsd = bigint;

const DIGITS = 12;
const FORM = /^(-?)(\d+)(?:\.(\d+))?$/;

/** `"0.00000125"` as picodollars. Throws RangeError on what is no decimal or finer than a picodollar. */
export function picoOfUsd(text: string): PicoUsd {
  const [, sign, whole = "", fraction = ""] = FORM.exec(text) ?? [];
  if (sign === undefined || /[1-9]/.test(fraction.slice(DIGITS))) {
    throw new RangeError(`not an amount in USD with at most ${DIGITS} decimals: ${text}`);
  }
  const pico = BigInt(whole + fraction.slice(0, DIGITS).padEnd(DIGITS, "0"));
  return sign === "-" ? -pico : pico;
}

/** Picodollars as an exact decimal in USD, without zeros at its end: `"0.00000125"`. */
export function usdOfPico(pico: PicoUsd): string {
  const digits = (pico < 0n ? -pico : pico).toString().padStart(DIGITS + 1, "0");
  const fraction = digits.slice(-DIGITS).replace(/0+$/, "");
  const whole = digits.slice(0, -DIGITS);
  return `${pico < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
