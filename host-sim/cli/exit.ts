/** What a command's exit code says. */
export const Exit = {
  OK: 0,
  /** The run took place and what it was to show did not hold. */
  FAILED: 1,
  /** Wrong use or wrong input; nothing was run. */
  WRONG_USE: 2,
  TIMED_OUT: 42,
} as const;
