/** An amount as people read it, to the cent. */
export const usd = (value: number) => `${value < 0 ? "-" : ""}$${Math.abs(value).toFixed(2)}`;

export const outcomes = (count: number) => `${count} ${count === 1 ? "outcome" : "outcomes"}`;
