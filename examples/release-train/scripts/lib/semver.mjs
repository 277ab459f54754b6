const PATTERN = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;
const LEVELS = ["major", "minor", "patch"];

export const isVersion = (text) => PATTERN.test(text);

/** Negative, zero or positive, as `a` is before, the same as or after `b`. */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < 3; i += 1) if (left[i] !== right[i]) return left[i] - right[i];
  return 0;
}

/** The next version after a change of the given level: major, minor or patch. */
export function bump(version, level) {
  const raised = LEVELS.indexOf(level);
  return version
    .split(".")
    .map((part, i) => (i < raised ? part : i === raised ? Number(part) + 1 : 0))
    .join(".");
}
