/** The dead references of the documents under `root`, one sentence each. */
export function findDeadReferences(root: string, files: readonly string[]): string[];
