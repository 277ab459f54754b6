import type { Lift } from "./measure-lift.ts";
import { outcomes, usd } from "./words.ts";

/** What the hold-out shows, in words for people. No number is told as a gain that is not shown to be one. */
export function tellLift({ verdict, chosen, heldOut, lift, liftLow, liftHigh }: Lift): string {
  const basis = `${outcomes(heldOut)} of choices made at random, ${chosen} of the others`;
  if (verdict === "too_few" || lift === null || liftLow === null || liftHigh === null) {
    return `Too few outcomes to tell: ${basis}; it takes 20 of each.`;
  }
  const between = `${usd(liftLow)} to ${usd(liftHigh)}`;
  if (verdict === "better") {
    return `Choosing on evidence is worth ${usd(lift)} more a choice than choosing at random (19 times in 20 between ${between}; ${basis}).`;
  }
  if (verdict === "worse") {
    return `Choosing on evidence is worse than choosing at random, by ${usd(-lift)} a choice (19 times in 20 between ${between}; ${basis}).`;
  }
  return `Not shown to be better than choosing at random: the difference lies between ${between} (${basis}).`;
}
