/** What every process may know of ours. Everything else, secrets above all, is given to each by name. */
const PASSED_ON =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|NODE_V8_COVERAGE|NOFX_HTTP_ALLOW)$/;

/** The environment of a process: the harmless part of ours, and its own. */
export function childEnvironment(
  ours: NodeJS.ProcessEnv,
  own: Record<string, string>,
): Record<string, string> {
  const passed = Object.entries(ours).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]),
  );
  return { ...Object.fromEntries(passed), ...own };
}
