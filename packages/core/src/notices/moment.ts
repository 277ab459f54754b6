/** `2026-11-21 10:42 UTC` */
export function moment(at: string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
