/** Where a test plane says that it listens: no such place exists, and nothing goes there. */
export const ORIGIN = "http://test-plane.invalid";
export const KEY = "nofx_ak_of-the-test-plane-and-no-other";
