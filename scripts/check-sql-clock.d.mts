/** Where the SQL of one file asks a clock that stands still, as `file:line: word`. */
export function findFrozenClocks(file: string, text: string): string[];
