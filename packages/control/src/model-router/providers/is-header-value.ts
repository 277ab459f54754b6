const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/;

/** No line breaks, no other control characters, nothing beyond Latin-1. */
export function isHeaderValue(value: string): boolean {
  return VALUE.test(value);
}
