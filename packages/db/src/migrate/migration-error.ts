/** A migration folder or history that must not be applied, or a file that failed; one sentence that names the file. */
export class MigrationError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "MigrationError";
  }
}
