// npm run differential [-- --frames N --emulated N --seed S --image I --machine M --json]: docs/differential.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { MissingTool } from "../../host-sim/boards/tools.js";
import { ImageError } from "../../host-sim/core/image.js";
import { ROOT } from "../bench/build.js";
import { MACHINES, type MachineName } from "../machines/machine.js";
import { campaign, type Finding, type Frames, type Outcome } from "./campaign.js";
import { judgeCoverage } from "./coverage.js";
import type { PlayedImage } from "./images.js";
import { IMAGES } from "./images.js";
import { asJson, asText, closing } from "./report.js";

/** Wrong use: says what was expected. */
class UsageError extends Error {}

/** Frames on the PC and on each emulator, all images together. */
const DEFAULT = { frames: 1_000_000, emulated: 50_000 };
const FINDINGS = join(ROOT, "out/differential");

interface Options {
  frames: number;
  emulated: number;
  seed: number;
  images: readonly PlayedImage[];
  machines: readonly MachineName[];
  json: boolean;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      frames: { type: "string", default: `${DEFAULT.frames}` },
      emulated: { type: "string", default: `${DEFAULT.emulated}` },
      seed: { type: "string", default: "1" },
      image: { type: "string", multiple: true },
      machine: { type: "string", multiple: true },
      json: { type: "boolean", default: false },
    },
  });
  const number = (name: string, text: string) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new UsageError(`--${name}: a whole number was expected, not "${text}"`);
    }
    return value;
  };
  const some = <T extends string>(name: string, given: string[] | undefined, known: readonly T[]): readonly T[] => {
    const unknown = given?.find((item) => !known.includes(item as T));
    if (unknown !== undefined)
      throw new UsageError(`--${name}: one of ${known.join(", ")} was expected, not "${unknown}"`);
    return (given as T[] | undefined) ?? known;
  };
  return {
    frames: number("frames", values.frames),
    emulated: number("emulated", values.emulated),
    seed: number("seed", values.seed),
    images: some("image", values.image, IMAGES),
    machines: some("machine", values.machine, MACHINES),
    json: values.json,
  };
}

async function main(): Promise<void> {
  const chosen = options();
  const { frames, emulated, seed, images, machines, json } = chosen;
  const share = (all: number) => Math.ceil(all / images.length);
  const wanted: Frames = Object.fromEntries(
    machines.map((name) => [name, share(name === "v8" || name === "pc" ? frames : emulated)]),
  );
  const outcomes: Outcome[] = [];
  for (const image of images) {
    const outcome = await campaign(image, seed, wanted);
    outcomes.push(outcome);
    if (!json) console.log(asText(outcome, seed));
    for (const finding of outcome.findings) keep(finding);
  }
  // Too few frames cannot show everything: what is missing is only held against an image that got its share of the default.
  const enough = DEFAULT.frames / IMAGES.length;
  const failures = outcomes.flatMap((outcome) => judgeCoverage(outcome, outcome.tally.frames >= enough));
  console.log(json ? asJson(seed, outcomes, failures) : closing(seed, outcomes, failures));
  if (failures.length > 0 || outcomes.some(({ findings }) => findings.length > 0)) process.exitCode = 1;
}

function keep({ image, machine, tape }: Finding): void {
  mkdirSync(FINDINGS, { recursive: true });
  const file = join(FINDINGS, `${image}-${machine}.tape`);
  writeFileSync(file, tape);
  console.error(`${relative(ROOT, file)} has the calls up to the step that differs`);
}

main().catch((error) => {
  const wrongUse =
    error instanceof UsageError ||
    error instanceof MissingTool ||
    error instanceof ImageError ||
    error.code?.startsWith("ERR_PARSE_ARGS");
  console.error(wrongUse ? error.message : error.stack);
  process.exitCode = wrongUse ? 2 : 1;
});
