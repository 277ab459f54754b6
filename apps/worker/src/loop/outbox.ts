import type { HeldStep, Settlement } from "@nofx/control/steps";

/**
 * How claims ended, until the database has answered it: kept in the order of their ending, sent again where an exchange failed. One
 * that is under way is in no other exchange.
 */
export class Outbox {
  #waiting: Settlement[] = [];
  readonly #underWay = new Set<readonly Settlement[]>();

  /** How many are not under way. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#underWay.size === 0;
  }

  push(settlement: Settlement): void {
    this.#waiting.push(settlement);
  }

  /** Takes all that wait for an exchange. */
  send(): readonly Settlement[] {
    const sent = this.#waiting;
    this.#waiting = [];
    this.#underWay.add(sent);
    return sent;
  }

  answered(sent: readonly Settlement[]): void {
    this.#underWay.delete(sent);
  }

  /** Nobody answered: they go before what has ended meanwhile. */
  failed(sent: readonly Settlement[]): void {
    this.#underWay.delete(sent);
    this.#waiting = [...sent, ...this.#waiting];
  }

  claims(): HeldStep[] {
    return [...this.#underWay, this.#waiting]
      .flat()
      .map(({ stepId, epoch }) => ({ stepId, epoch }));
  }
}
