/** Reads a scenario or a live configuration: form by the schema, then meaning. Throws `FileError` with every problem found. */
import { basename, resolve } from "node:path";
import { checkNode, type Place } from "./check-node.js";
import { addedAssociations, checkScenario } from "./check-scenario.js";
import { Checker } from "./checker.js";
import { checkAlgorithms } from "./ipsec/check-association.js";
import type { AssociationConfig } from "./ipsec/config.js";
import { anchorKeys, associationKeys } from "./ipsec/keys.js";
import { nodeKeys } from "./node-keys.js";
import type { LiveNode, Scenario } from "./scenario.js";
import { checkForm } from "./schema.js";
import { FileError, type Path, readYaml, YamlFile } from "./yaml-file.js";

export { FileError } from "./yaml-file.js";

/** What somebody else knows of scenarios (metrics, which the simulator has): says what is wrong at a path of the file. */
export type Further = (scenario: Scenario, report: (path: Path, message: string) => void) => void;

export type Loaded = { kind: "scenario"; scenario: Scenario } | { kind: "node"; node: LiveNode };

/** What the file is: with `nodes` or `links` a scenario, else one live node. */
export function load(file: string, further?: Further): Loaded {
  return check(readYaml(file), further);
}

/** The same, where a file of one node is a board's. */
export function loadForBoard(file: string): Loaded {
  return check(readYaml(file), undefined, "board");
}

/** The same for text that is already there; `file` is what messages call it. */
export function loadText(file: string, text: string): Loaded {
  return check(new YamlFile(file, text));
}

export function loadScenario(file: string, further?: Further): Scenario {
  const loaded = load(file, further);
  if (loaded.kind === "scenario") return loaded.scenario;
  throw wrongKind(file, "expected a scenario (links, nodes); this is one live node");
}

/** The node with its name: what it says, else the file's without folder and ending. */
export function loadNode(file: string): LiveNode & { name: string } {
  const loaded = load(file);
  if (loaded.kind === "scenario") throw wrongKind(file, "expected one live node; this is a scenario");
  return { ...loaded.node, name: loaded.node.name ?? basename(file).replace(/\.[^.]*$/, "") };
}

/** One association in a file of its own, for a node that runs. */
export function loadAssociation(file: string): AssociationConfig {
  const yaml = readYaml(file);
  const form = checkForm(yaml, "association");
  if (form.length > 0) throw new FileError(file, form);
  const association = yaml.data as AssociationConfig;
  anchorKeys(associationKeys([association]), resolve(file));
  const checker = new Checker(yaml);
  checkAlgorithms(checker, [], association, "");
  if (checker.problems.length > 0) throw new FileError(file, checker.problems);
  return association;
}

function wrongKind(file: string, message: string): FileError {
  return new FileError(file, [{ line: 1, column: 1, path: [], message }]);
}

function check(yaml: YamlFile, further?: Further, place: Place = "live"): Loaded {
  const { data } = yaml;
  if (data === null || typeof data !== "object" || Array.isArray(data)) {
    throw new FileError(yaml.file, [yaml.problem([], "expected keys and values: a scenario or one live node")]);
  }
  const kind = "nodes" in data || "links" in data ? "scenario" : "node";
  const checker = new Checker(yaml);
  const form = checkForm(yaml, kind);
  if (form.length > 0) throw new FileError(yaml.file, form);
  const nodes = kind === "scenario" ? Object.values((data as Scenario).nodes) : [data as LiveNode];
  for (const node of nodes) anchorKeys(nodeKeys(node), yaml.file);
  if (kind === "scenario") anchorKeys(associationKeys(addedAssociations(data as Scenario)), yaml.file);
  if (kind === "scenario") {
    checkScenario(checker, data as Scenario);
    further?.(data as Scenario, (path, message) => checker.report(path, message));
  } else checkNode(checker, [], data as LiveNode, { name: "this node", place, linkPrefix: () => null });
  if (checker.problems.length > 0) throw new FileError(yaml.file, checker.problems);
  return kind === "scenario" ? { kind, scenario: data as Scenario } : { kind, node: data as LiveNode };
}
