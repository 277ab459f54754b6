/** The mail server of whoever starts the local stack, for the processes that send mails or offer them; nothing where there is none. */
export function mailEnvironment(ours: NodeJS.ProcessEnv): Record<string, string> {
  const { NOFX_SMTP_URL, NOFX_MAIL_FROM } = ours;
  if (!NOFX_SMTP_URL || !NOFX_MAIL_FROM) return {};
  return { NOFX_SMTP_URL, NOFX_MAIL_FROM };
}
