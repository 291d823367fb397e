/** A change that no caller can notice. */
export interface Equivalent {
  file: string;
  /** The source line, trimmed: line numbers move. */
  line: string;
  change: string;
  /** Why nobody can notice. */
  reason: string;
}

/** Changes proven to make no difference; they do not count. One that is killed after all, or whose line is gone, is an error. */
export const equivalents: readonly Equivalent[] = [];
