/** Which port of a node has which number: link ports in their order, then the application port, then the mirror. */
import { isHost } from "./image.js";
import type { NodeConfig } from "./scenario.js";

export interface PortNumbers {
  /** Link ports by name. */
  links: Map<string, number>;
  application?: number;
  mirror?: number;
}

/** Terminals and other hosts have applications unless they say otherwise. */
export function hasApplication({ image, application }: NodeConfig): boolean {
  return application === undefined ? isHost(image) : application !== false;
}

/** A host whose applications use the addresses of its links; those of a terminal use its home address. */
export function hasOwnAddress({ image }: NodeConfig): boolean {
  return isHost(image) && image !== "terminal";
}

export function portNumbers(node: NodeConfig, mirror: boolean): PortNumbers {
  const links = new Map(Object.keys(node.ports ?? {}).map((name, number) => [name, number]));
  let next = links.size;
  const numbers: PortNumbers = { links };
  if (hasApplication(node)) numbers.application = next++;
  if (mirror) numbers.mirror = next++;
  return numbers;
}
