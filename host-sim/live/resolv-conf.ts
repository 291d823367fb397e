/**
 * Name servers by /etc/resolv.conf, where no systemd-resolved is. `ip netns exec` mounts /etc/netns/NAME/resolv.conf over
 * it, so the file is written in place (a mount point cannot be renamed over), and known by device and inode.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface ResolvConfChange {
  path: string;
  /** `device:inode` of the file that was changed. */
  file: string;
  before: string;
  after: string;
}

const identity = (path: string): string => {
  const { dev, ino } = statSync(path);
  return `${dev}:${ino}`;
};

/** The whole file for `servers`; options and search lists of the old one stay. */
export function resolvConfWith(before: string, servers: string[]): string {
  const kept = before.split("\n").filter((line) => /^\s*(options|search|domain)\b/.test(line));
  return `${["# Name servers set by sixfold, taken back when it stops.", ...servers.map((s) => `nameserver ${s}`), ...kept].join("\n")}\n`;
}

/** What to write, or a sentence why this host's file is not ours to change. */
export function planResolvConf(servers: string[], path = "/etc/resolv.conf"): ResolvConfChange | string {
  if (!existsSync(path)) return `there is no ${path}`;
  if (path === "/etc/resolv.conf" && inOwnNamespace() && !isMountPoint(path)) {
    return "this network namespace shares /etc/resolv.conf with the host: create /etc/netns/NAME/resolv.conf before starting";
  }
  const before = readFileSync(path, "utf8");
  return { path, file: identity(path), before, after: resolvConfWith(before, servers) };
}

export function writeResolvConf(change: ResolvConfChange): void {
  writeFileSync(change.path, change.after);
}

/** Restores the file unless somebody else has changed it since; then returns a sentence. */
export function restoreResolvConf({ path, file, before, after }: ResolvConfChange): string | undefined {
  const target = candidates(path).find((candidate) => existsSync(candidate) && identity(candidate) === file);
  if (!target) return; // the file is gone, and what we wrote with it
  const now = readFileSync(target, "utf8");
  if (now === before) return;
  // Cut off in the middle of the write it is a beginning of ours.
  if (!after.startsWith(now)) return `${target} was changed by someone else meanwhile; it is left as it is`;
  writeFileSync(target, before);
}

/** The path itself, and the files that other network namespaces see there. */
function candidates(path: string): string[] {
  const spaces = "/etc/netns";
  return [path, ...(existsSync(spaces) ? readdirSync(spaces).map((name) => join(spaces, name, "resolv.conf")) : [])];
}

/** Of a network namespace with a name, or of another one than process 1, where this process may look at that. */
function inOwnNamespace(): boolean {
  const own = statSync("/proc/self/ns/net").ino;
  const named = "/run/netns";
  if (existsSync(named) && readdirSync(named).some((name) => inode(join(named, name)) === own)) return true;
  return (inode("/proc/1/ns/net") ?? own) !== own;
}

function inode(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

function isMountPoint(path: string): boolean {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .some((line) => line.split(" ")[4] === path);
}
