/** The guard's no: nothing was sent. The message names the address as it was given, never what is behind it. */
export class AddressRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AddressRefused";
  }

  /** Also finds it behind the errors that a client wraps around it. */
  static in(error: unknown): AddressRefused | undefined {
    for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
      if (at instanceof AddressRefused) return at;
    }
    return undefined;
  }
}
