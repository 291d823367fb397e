/** Code that has secrets. To add one: a module in assembly/ that names its secrets and runs the code, and an entry here. */
export interface Subject {
  name: string;
  /** Module in test/constant-time/assembly, without `.ts`. */
  module: string;
  /** Build-time constants for the module: `KIND=1`. */
  use?: string[];
  /** Functions of the sources that may branch on what memcheck takes for secret, because it is public by then, and why. */
  allowed?: Record<string, string>;
}

export const subjects: readonly Subject[] = [
  { name: "siphash", module: "siphash" },
  {
    name: "identifier",
    module: "identifier",
    allowed: { isReserved: "it looks at the identifier, which everybody on the link will read in the address" },
  },
  { name: "prng", module: "prng" },
  ...["", "PROFILE_PC=1"].map((profile) => ({
    name: profile === "" ? "crypto" : "crypto, the PC's variants",
    module: "crypto",
    use: profile === "" ? [] : [profile],
  })),
  { name: "authenticator", module: "authenticator" },
  // The tables of a board have no secret.
  { name: "hash", module: "hash", use: ["PROFILE_PC=1"] },
];

/** The self-test's: which leak. */
export const planted: readonly (Subject & { leaks: boolean })[] = [
  { name: "early exit", module: "planted", use: ["KIND=1"], leaks: true },
  { name: "table look-up", module: "planted", use: ["KIND=2"], leaks: true },
  { name: "branch", module: "planted", use: ["KIND=3"], leaks: true },
  { name: "whole comparison", module: "planted", use: ["KIND=4"], leaks: false },
  { name: "mask", module: "planted", use: ["KIND=5"], leaks: false },
];
