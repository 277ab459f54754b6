/** The released version; the build writes it here. */
export const version = "0.0.0-source";
