/**
 * JSON with sorted keys and no white space, after RFC 8785 (JSON Canonicalization Scheme): two values that mean the
 * same have the same text. Numbers and strings are written as ECMAScript does, which is what the RFC asks for.
 * Throws RangeError on what JSON cannot hold (NaN, Infinity, functions, bigint, lone surrogates, dates and other
 * objects with a class of their own).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new RangeError(`not a JSON number: ${value}`);
    return JSON.stringify(value);
  }
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new RangeError("a lone surrogate is not JSON");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    const items = Array.from(value, (item: unknown) =>
      canonicalJson(item === undefined ? null : item),
    );
    return `[${items.join(",")}]`;
  }
  if (isPlainObject(value)) {
    let text = "";
    // without a comparison of its own, text is sorted by its code units, as the RFC asks for
    for (const key of Object.keys(value).sort()) {
      const child = value[key];
      if (child === undefined) continue;
      text += `${text === "" ? "" : ","}${canonicalJson(key)}:${canonicalJson(child)}`;
    }
    return `{${text}}`;
  }
  throw new RangeError(
    `not JSON: ${typeof value === "object" ? "an object with a class" : typeof value}`,
  );
}

/** By the depth of its prototype chain and not by identity: objects from another realm are plain too. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
