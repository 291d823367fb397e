import type { Path } from "../path.js";
import { floor } from "./floor.js";
import { forward } from "./forward.js";
import { agentWith } from "./home-agent.js";
import { translateAndTunnel, untunnelAndTranslate } from "./terminal.js";
import { DESTINATIONS } from "./traffic.js";

const TERMINAL = { image: "terminal-pc", correspondents: DESTINATIONS };

/** The ways through our images that are measured; the floor first. */
export const paths: readonly Path[] = [
  floor,
  forward(1),
  forward(DESTINATIONS),
  agentWith(DESTINATIONS),
  translateAndTunnel(TERMINAL),
  untunnelAndTranslate(TERMINAL),
];

/** One of them, or the home agent with another number of bindings. */
export function pathNamed(name: string): Path {
  const bindings = /^home agent, (\d+) bindings$/.exec(name);
  const path = bindings ? agentWith(Number(bindings[1])) : paths.find((p) => p.name === name);
  if (!path) throw new RangeError(`no path is called ${name}`);
  return path;
}
