import type { Path } from "../path.js";
import { floor } from "./floor.js";

/** The ways through our images that are measured; the floor first. */
export const paths: readonly Path[] = [floor];

export function pathNamed(name: string): Path {
  const path = paths.find((p) => p.name === name);
  if (!path) throw new RangeError(`no path is called ${name}`);
  return path;
}
