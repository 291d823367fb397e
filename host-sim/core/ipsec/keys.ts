/**
 * Keys by reference. A key's bytes are read when they are needed and live in no configuration; no message of this file quotes what a
 * file or a variable holds.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { parse } from "yaml";
import type { AssociationConfig, KeyReference } from "./config.js";

/** The reference leads to no key. The message says why, and never what is there. */
export class KeyError extends Error {
  override name = "KeyError";
}

/** The bytes of a key. Throws `KeyError`. */
export function readKey(reference: KeyReference): Uint8Array {
  if ("environment" in reference) {
    const text = process.env[reference.environment];
    if (text === undefined) throw new KeyError(`the environment variable ${reference.environment} is not set`);
    return bytesOf(text, `the environment variable ${reference.environment}`);
  }
  const { file, name } = reference;
  const keys = keysOf(file);
  const text = Object.hasOwn(keys, name) ? keys[name] : undefined;
  if (text === undefined) throw new KeyError(`${file} has no key "${name}"`);
  return bytesOf(text, `key "${name}" of ${file}`);
}

/** The keys that associations refer to. */
export function associationKeys(associations: AssociationConfig[] = []): KeyReference[] {
  return associations.flatMap(({ key, "integrity-key": other }) => [key ?? [], other ?? []].flat());
}

/** Paths of key files are relative to the configuration that names them: makes them paths of this process, in place. */
export function anchorKeys(references: KeyReference[], configuration: string): void {
  for (const reference of references) {
    if (!("file" in reference) || isAbsolute(reference.file)) continue;
    reference.file = join(dirname(configuration), reference.file);
  }
}

/** Files of these keys that others than their owner may read. */
export function exposedKeyFiles(references: KeyReference[]): string[] {
  const files = references.flatMap((reference) => ("file" in reference ? [reference.file] : []));
  return [...new Set(files)].filter((file) => (statSync(file).mode & 0o077) !== 0);
}

/** Every scalar stays text: hexadecimal digits may look like a number. */
function keysOf(file: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new KeyError(
      code === "ENOENT" ? `there is no key file ${file}` : `the key file ${file} cannot be read: ${code}`,
    );
  }
  let data: unknown;
  try {
    data = parse(text, { schema: "failsafe", prettyErrors: false, logLevel: "silent" });
  } catch {
    data = undefined; // the parser's words may quote a key
  }
  const isMap = data !== null && typeof data === "object" && !Array.isArray(data);
  if (!isMap || Object.values(data as object).some((value) => typeof value !== "string")) {
    throw new KeyError(`${file} is no key file: expected YAML, a line a key, NAME: HEXADECIMAL DIGITS`);
  }
  return data as Record<string, string>;
}

function bytesOf(text: string, where: string): Uint8Array {
  const digits = text.trim().replace(/^0x/i, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new KeyError(`${where} is not an even number of hexadecimal digits`);
  return Uint8Array.from(Buffer.from(digits, "hex"));
}
