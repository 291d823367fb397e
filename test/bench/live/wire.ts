import type { Lab, Namespace } from "../../interop/lib/netns.js";

/** The Ethernet interface of both ends. */
export const DEVICE = "eth0";

/** Two namespaces with a veth pair between them. */
export async function wired(lab: Lab, label: string): Promise<[Namespace, Namespace]> {
  const from = await lab.namespace(`${label}-from`);
  const to = await lab.namespace(`${label}-to`);
  await lab.wire(from, DEVICE, to, DEVICE);
  return [from, to];
}
