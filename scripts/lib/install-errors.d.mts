export function explainInstallError(
  output: string,
  context: { packageManager: string; code: number | string },
): string;
