/** What a check of meaning works with: a place in a file, and parsers that report instead of throwing. */
import { createHash } from "node:crypto";
import {
  AddressError,
  formatIp,
  formatIp6,
  type Prefix,
  parseAddressPrefix,
  parseIp4,
  parseIp6,
  parsePrefix,
} from "./address.js";
import { formatPath, type Path, type Problem, type YamlFile } from "./yaml-file.js";

export class Checker {
  readonly problems: Problem[] = [];
  private readonly taken = new Map<string, Path>();

  constructor(private readonly yaml: YamlFile) {}

  report(path: Path, message: string, at: "key" | "value" = "value"): void {
    // One template stands for many nodes: what is wrong with it is said once.
    const known = this.problems.some((p) => formatPath(p.path) === formatPath(path) && p.path.length === path.length);
    if (!known) this.problems.push(this.yaml.problem(path, message, at));
  }

  /** What `parse` gives, or undefined and a report of its `AddressError`. */
  attempt<T>(path: Path, parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      this.report(path, error.message);
      return undefined;
    }
  }

  ip6(path: Path, text: string): Uint8Array | undefined {
    return this.attempt(path, () => parseIp6(text));
  }

  ip4(path: Path, text: string): Uint8Array | undefined {
    return this.attempt(path, () => parseIp4(text));
  }

  prefix(path: Path, text: string, version: 4 | 6): Prefix | undefined {
    return this.ofVersion(path, text, version, parsePrefix);
  }

  addressPrefix(path: Path, text: string, version: 4 | 6): Prefix | undefined {
    return this.ofVersion(path, text, version, parseAddressPrefix);
  }

  /** An address that one node has on a link: unicast, and not `::` or `::1`. */
  unicast(path: Path, address: Uint8Array | undefined): void {
    if (address?.length !== 16) return;
    const low = address.subarray(0, 15).every((byte) => byte === 0);
    if (address[0] === 0xff) this.report(path, `expected a unicast address, not the multicast ${formatIp6(address)}`);
    else if (low && address[15] <= 1) this.report(path, `expected an address of a node, not ${formatIp6(address)}`);
  }

  /** Says so where the same thing was claimed before. `scope` keeps kinds of things apart. */
  unique(scope: string, value: Uint8Array | string | undefined, path: Path): void {
    if (value === undefined) return;
    const text = typeof value === "string" ? value : value.length === 6 ? value.join(":") : formatIp(value);
    const key = `${scope} ${text}`;
    const before = this.taken.get(key);
    if (before) {
      const { line } = this.yaml.problem(before, "");
      this.report(path, `duplicate ${scope}: ${formatPath(before)} (line ${line}) has it already`);
    } else this.taken.set(key, path);
  }

  /** The same for bytes that no message may show: only their digest is kept. */
  uniqueSecret(scope: string, value: Uint8Array, path: Path): void {
    const key = `${scope} ${createHash("sha256").update(value).digest("hex")}`;
    const before = this.taken.get(key);
    if (before) {
      const { line } = this.yaml.problem(before, "");
      this.report(path, `${formatPath(before)} (line ${line}) has the same key: each association needs one of its own`);
    } else this.taken.set(key, path);
  }

  /** True when `name` is one of `known`. */
  known(path: Path, name: string, what: string, known: Iterable<string>): boolean {
    const names = [...known];
    if (names.includes(name)) return true;
    const shown = names.length > 12 ? [...names.slice(0, 12), "…"] : names;
    this.report(path, `unknown ${what} ${JSON.stringify(name)}; known: ${shown.join(", ") || "none"}`);
    return false;
  }

  private ofVersion(path: Path, text: string, version: 4 | 6, parse: (text: string) => Prefix): Prefix | undefined {
    const prefix = this.attempt(path, () => parse(text));
    if (prefix === undefined || prefix.version === version) return prefix;
    this.report(path, `expected an IPv${version} prefix, not ${JSON.stringify(text)}`);
    return undefined;
  }
}
