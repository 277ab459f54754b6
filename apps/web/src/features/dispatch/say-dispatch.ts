export function sayShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function sayDollars(usd: number): string {
  const amount = Math.abs(usd) < 0.01 && usd !== 0 ? usd.toPrecision(2) : usd.toFixed(2);
  return usd < 0 ? `-$${amount.slice(1)}` : `$${amount}`;
}
