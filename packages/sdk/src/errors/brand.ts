/** `is()` by brand works across package copies and bundles, where `instanceof` does not. */
export function hasBrand(value: unknown, brand: symbol): boolean {
  return typeof value === "object" && value !== null && brand in value;
}
