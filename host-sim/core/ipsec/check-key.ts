/** Does a reference lead to a key? Shared by everything that has keys. */
import type { Checker } from "../checker.js";
import type { Path } from "../yaml-file.js";
import type { KeyReference } from "./config.js";
import { KeyError, readKey } from "./keys.js";

/** The key's bytes, or undefined and a report that says why, and never what is there. */
export function checkReference(check: Checker, where: Path, reference: KeyReference): Uint8Array | undefined {
  const { file, name, environment }: Partial<Record<string, string>> = { ...reference };
  const whole = (file !== undefined && name !== undefined) !== (environment !== undefined);
  if (!whole || (file === undefined) !== (name === undefined)) {
    check.report(where, "expected either {file: FILE, name: NAME} or {environment: VARIABLE}");
    return undefined;
  }
  try {
    return readKey(reference);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    check.report(where, error.message);
    return undefined;
  }
}
