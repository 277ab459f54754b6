/** Text as the control plane can store it: no NUL, no half surrogate pairs. For what is shown, not for data. */
export function storable(text: string): string {
  return text.replaceAll("\u0000", "\ufffd").toWellFormed();
}
