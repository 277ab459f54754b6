/** A message on its way to those who listen to a topic. */
export type Broadcast = { topic: string; event: string; payload: unknown; id?: string };

/** Someone who listens. */
export type Listener = { receive(message: Broadcast): void };

/** Who listens to which topic, in this process. */
export class Hub {
  readonly #topics = new Map<string, Set<Listener>>();

  add(topic: string, listener: Listener): void {
    const listeners = this.#topics.get(topic) ?? new Set();
    listeners.add(listener);
    this.#topics.set(topic, listeners);
  }

  remove(topic: string, listener: Listener): void {
    const listeners = this.#topics.get(topic);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#topics.delete(topic);
  }

  /** Hands a message to everyone on its topic but `except`. */
  publish(message: Broadcast, except?: Listener): void {
    for (const listener of this.#topics.get(message.topic) ?? []) {
      if (listener !== except) listener.receive(message);
    }
  }
}
