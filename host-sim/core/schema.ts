/** Holds a file against scenario.schema.json and says in words what was expected. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DefinedError, Ajv2020 as Validator } from "ajv/dist/2020.js";
import { ROOT } from "./root.js";
import type { Path, Problem, YamlFile } from "./yaml-file.js";

/** The whole schema: a scenario; or the part of it that is one live node, or one association. */
export type Root = "scenario" | "node" | "association";

const FOLDER = join(ROOT, "host-sim", "scenarios");
const ID = "scenario.schema.json";

interface SchemaPart {
  title?: string;
  /** Here may be a key, which no message shows. */
  writeOnly?: boolean;
  properties?: Record<string, unknown>;
  propertyNames?: SchemaPart;
  $ref?: string;
  $defs?: Record<string, SchemaPart>;
}

let validator: Validator | undefined;
let schema: SchemaPart;

function prepared(): Validator {
  if (validator) return validator;
  schema = JSON.parse(readFileSync(join(FOLDER, ID), "utf8")) as SchemaPart;
  validator = new Validator({ allErrors: true, strict: true, allowUnionTypes: true, verbose: true });
  validator.addSchema(schema, ID);
  return validator;
}

/** Problems of form; empty when there are none. */
export function checkForm(yaml: YamlFile, root: Root): Problem[] {
  const validate = prepared().getSchema(root === "scenario" ? ID : `${ID}#/$defs/${root}`)!;
  if (validate(yaml.data)) return [];
  const errors = validate.errors as DefinedError[];
  // Where a branch fails, its properties count as unevaluated as well: only the branch's own error is news.
  const branches = new Set(errors.filter(({ keyword }) => keyword === "if").map(({ instancePath }) => instancePath));
  const news = errors.filter(
    ({ keyword, instancePath }) =>
      keyword !== "if" &&
      keyword !== "propertyNames" &&
      !(keyword === "unevaluatedProperties" && branches.has(instancePath)),
  );
  return news.map((error) => explain(yaml, error));
}

function explain(yaml: YamlFile, error: DefinedError): Problem {
  const path = toPath(error.instancePath, yaml.data);
  const part = error.parentSchema as SchemaPart;
  if (error.propertyName !== undefined) {
    return yaml.problem([...path, error.propertyName], `expected ${part.title} as a key`, "key");
  }
  switch (error.keyword) {
    case "additionalProperties":
    case "unevaluatedProperties": {
      const key = unknownKey(error);
      return yaml.problem([...path, key], `unknown key; known here: ${knownKeys(part).join(", ")}`, "key");
    }
    case "required":
      return yaml.problem(path, `expected a key "${error.params.missingProperty}"`);
    default: {
      const got = part.writeOnly ? "" : `, not ${shown(error.data)}`;
      return yaml.problem(path, `expected ${part.title ?? expectation(error)}${got}`);
    }
  }
}

/** A value as messages show it. What is inside of lists and maps is not shown: keys may be among it. */
function shown(data: unknown): string {
  if (Array.isArray(data)) return "a list";
  if (data !== null && typeof data === "object") return "keys and values";
  const text = JSON.stringify(data) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function unknownKey(error: DefinedError): string {
  const params = error.params as { additionalProperty?: string; unevaluatedProperty?: string };
  return params.additionalProperty ?? params.unevaluatedProperty ?? "";
}

function expectation(error: DefinedError): string {
  if (error.keyword === "type") {
    const words: Record<string, string> = { object: "keys and values", array: "a list", boolean: "true or false" };
    const type = String(error.params.type);
    return words[type] ?? `a ${type}`;
  }
  if (error.keyword === "minProperties" || error.keyword === "minItems") return `at least ${error.params.limit}`;
  return `that it ${error.message ?? `meets ${error.keyword}`}`;
}

/** The keys of a schema part, those of a part that it refers to included. */
function knownKeys(part: SchemaPart): string[] {
  const referred = part.$ref ? schema.$defs?.[part.$ref.replace("#/$defs/", "")] : undefined;
  const conditional = (part as { allOf?: { then: SchemaPart }[] }).allOf?.map(({ then }) => then) ?? [];
  const keys = [part, ...(referred ? [referred] : []), ...conditional].flatMap((p) => Object.keys(p.properties ?? {}));
  return [...new Set(keys)];
}

/** A JSON pointer as a path; what indexes a list becomes a number. */
function toPath(pointer: string, data: unknown): Path {
  let at = data;
  return pointer
    .split("/")
    .slice(1)
    .map((raw) => {
      const text = raw.replaceAll("~1", "/").replaceAll("~0", "~");
      const part = Array.isArray(at) ? Number(text) : text;
      at = (at as Record<string | number, unknown>)?.[part];
      return part;
    });
}
