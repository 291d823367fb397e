import type { Path } from "../path.js";
import { floor } from "./floor.js";
import { forward } from "./forward.js";
import { homeAgent } from "./home-agent.js";
import { translateAndTunnel, untunnelAndTranslate } from "./terminal.js";
import { DESTINATIONS } from "./traffic.js";

/** The ways through our images that are measured; the floor first. */
export const paths: readonly Path[] = [
  floor,
  forward(1),
  forward(DESTINATIONS),
  homeAgent,
  translateAndTunnel,
  untunnelAndTranslate,
];

export function pathNamed(name: string): Path {
  const path = paths.find((p) => p.name === name);
  if (!path) throw new RangeError(`no path is called ${name}`);
  return path;
}
