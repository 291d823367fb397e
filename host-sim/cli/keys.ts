/** Keys for whoever looks at packets: those of a configuration's associations, or of a file that Wireshark reads. */
import { readFileSync } from "node:fs";
import { addedAssociations } from "../core/check-scenario.js";
import { expandNodes } from "../core/expand.js";
import { associationSettings } from "../core/ipsec/association.js";
import { type Loaded, load } from "../core/load.js";
import type { NodeConfig } from "../core/scenario.js";
import { FileError } from "../core/yaml-file.js";
import { readEspSa } from "../trace/ipsec/esp-sa.js";
import type { KnownAssociation } from "../trace/ipsec/keyring.js";

const ESN = 1;

/** `file`: a scenario, a live configuration, or `esp_sa`. Throws `FileError` or `KeyError`. */
export function associationsIn(file: string): KnownAssociation[] {
  if (!looksLikeEspSa(file)) return associationsOf(load(file));
  try {
    return readEspSa(readFileSync(file, "utf8"));
  } catch (error) {
    throw new FileError(file, [{ line: 1, column: 1, path: [], message: (error as Error).message }]);
  }
}

/** All of a scenario's nodes, those included that are added while it runs, or those of the one. */
export function associationsOf(loaded: Loaded): KnownAssociation[] {
  const nodes: NodeConfig[] =
    loaded.kind === "node" ? [loaded.node] : expandNodes(loaded.scenario.nodes).map(({ config }) => config);
  const later = loaded.kind === "node" ? [] : addedAssociations(loaded.scenario);
  return [...nodes.flatMap(({ ipsec }) => ipsec?.associations ?? []), ...later].map((association) => {
    const { flags, ...settings } = associationSettings(association, []);
    return { ...settings, esn: (flags & ESN) !== 0 };
  });
}

/** A file that is not there is load's to tell. */
function looksLikeEspSa(file: string): boolean {
  try {
    return /^\s*(#.*\n\s*)*"/.test(readFileSync(file, "utf8"));
  } catch {
    return false;
  }
}
