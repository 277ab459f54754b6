// From the output of npx and pnpm to a sentence that says what to do. The first cause that matches wins; the tail of the
// output follows it, so that nothing is hidden.

const causes = [
  [
    /ENOSPC|[Nn]o space left on device/,
    () => "The disk is full: free some space (about 3 GB) and run this again.",
  ],
  [
    /EDQUOT|[Qq]uota exceeded/,
    () => "Your disk quota is used up: free some space (about 3 GB) and run this again.",
  ],
  [
    /EACCES|EPERM|EROFS|[Pp]ermission denied|Read-only file system/,
    () =>
      "A file could not be written: run this as the owner of the clone and of your home folder's .npm and .local.",
  ],
  [
    /ERR_PNPM_OUTDATED_LOCKFILE|LOCKFILE_WITH_OUTDATED|lockfile is not up to date|frozen-lockfile/,
    ({ packageManager }) =>
      `pnpm-lock.yaml does not match the package.json files: run "npx --yes ${packageManager} install" and commit the lockfile.`,
  ],
  [
    /ERR_PNPM_TARBALL_INTEGRITY|EINTEGRITY|integrity check/i,
    () =>
      "A downloaded package is not what the lockfile says: your registry or a proxy serves something else. Check `npm config get registry`.",
  ],
  [
    /\bE401\b|FETCH_401|401 Unauthorized|\bE403\b|FETCH_403|403 Forbidden/,
    () =>
      "The npm registry refused access (401 or 403): check `npm config get registry` and the credentials for it.",
  ],
  [
    /\bE404\b|\bETARGET\b|FETCH_404|404 Not Found|NO_MATCHING_VERSION/,
    () =>
      "The npm registry does not have a package that is needed (404): check `npm config get registry`; a mirror may lag behind.",
  ],
  [
    /\bE429\b|FETCH_429|429 Too Many/,
    () => "The npm registry asks to slow down (429): wait a minute and run this again.",
  ],
  [
    /CERT_|SELF_SIGNED|UNABLE_TO_VERIFY|certificate/i,
    () =>
      "The npm registry's certificate is not trusted here: set NODE_EXTRA_CA_CERTS or npm's cafile to your organisation's certificate.",
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|dns error|[Cc]onnection refused|error sending request|timed out|ENOTCACHED/,
    () =>
      "The npm registry cannot be reached: check the network, proxy settings and `npm config get registry`, and run this again. The network is needed for the first start only.",
  ],
  [
    /ENOMEM|signal SIGKILL|out of memory/i,
    () => "The machine ran out of memory while installing: free some and run this again.",
  ],
];

/** The sentence for a failed install. */
export function explainInstallError(output, { packageManager, code }) {
  const text = `${output}\n${typeof code === "string" ? code : ""}`;
  const cause = causes.find(([pattern]) => pattern.test(text));
  const sentence =
    cause === undefined
      ? `Installing the packages failed (${code}).`
      : cause[1]({ packageManager });
  const tail = output
    .split("\n")
    .filter((line) => !/^npm (warn|notice)|^npm error(\s*$|\s+at |\s+[{}]$)|^\s*$/i.test(line))
    .slice(-10)
    .join("\n");
  return tail === "" ? sentence : `${sentence}\n\nThe end of the output:\n${tail}`;
}
