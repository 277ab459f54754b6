/** What is free of the resources over time, while a schedule is made. */
export interface Profile {
  /** Nothing runs at any time. */
  clear(): void;
  /** Reserves what a task takes, at the first time not before `from` at which it can run through. Answers that time. */
  place(task: number, from: number): number;
}
