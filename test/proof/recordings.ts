import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { buildFolder, ROOT } from "../bench/build.js";
import { type Subject, subjects, targets } from "./compile.js";

/** What one image was asked by the tests. */
export interface Recording {
  subject: Subject;
  /** The image itself, as the tests ran it. */
  wasm: string;
  /** Files of recorded calls (calls.ts), in the order of their names. */
  tapes: string[];
}

/** The tests behind the recordings failed, or there is no image to record. */
export class RecordingError extends Error {}

/** What of test/unit runs images: whole rooms, and single files of rooms that mostly do other things. */
const TESTS = [
  ...["engine", "roles", "tables", "sim"],
  ...["cli/scenarios.test.ts", "core/core.test.ts", "live/loop.test.ts"],
].map((path) => join("test/unit", path));
/** What the recordings depend on, below the repository. */
const FOLDERS = [
  ...["assembly", "host-sim", "test/reference", "test/bench", "test/fuzz"],
  ...["test/unit/assembly", "test/unit/lib", ...TESTS.filter((path) => !path.endsWith(".ts"))],
];
const FILES = [
  ...["record", "calls", "play-seeds"].map((name) => join(ROOT, "test/proof", `${name}.ts`)),
  ...TESTS.filter((path) => path.endsWith(".ts")).map((path) => join(ROOT, path)),
];
/** Runs the states and seeds of the fuzzer. */
const SEEDS = "test/proof/play-seeds.ts";

/**
 * Runs the unit tests that run images, and the fuzzer's seeds, and gives what they asked of each image. Nothing is run when
 * no source changed since the last time.
 */
export async function recordings(say: (line: string) => void): Promise<Recording[]> {
  const folder = join(buildFolder("proof"), `recorded-${fingerprint()}`);
  if (!existsSync(folder)) {
    say("recording what the unit tests ask of the images ...");
    for (const old of readdirSync(buildFolder("proof"))) {
      if (old.startsWith("recorded-")) rmSync(join(buildFolder("proof"), old), { recursive: true });
    }
    const fresh = `${folder}.${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    await record(fresh);
    renameSync(fresh, folder);
  }
  return byImage(folder);
}

async function record(folder: string): Promise<void> {
  const files = TESTS.flatMap((path) =>
    path.endsWith(".ts")
      ? [path]
      : readdirSync(join(ROOT, path), { recursive: true, encoding: "utf8" })
          .filter((file) => file.endsWith(".test.ts"))
          .map((file) => join(path, file)),
  );
  const listen = ["--import", "tsx", "--import", "./test/proof/record.ts"];
  await runNode([...listen, "--test", ...files.sort()], folder);
  await runNode([...listen, SEEDS], folder);
  copyImages(folder);
}

async function runNode(args: string[], folder: string): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, PROOF_TAPES: folder } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      output += text;
    });
  }
  const status = await new Promise<number | null>((done) => child.on("close", done));
  if (status === 0) return;
  const failed = output.split("\n").filter((line) => /^\s*not ok/.test(line));
  throw new RecordingError(
    `the tests fail, so there is nothing to measure:\n${failed.join("\n") || output.slice(-2000)}`,
  );
}

/** Tapes are named by the hash of their image: keeps those images beside them, under their names. */
function copyImages(folder: string): void {
  const places = ["build/images", "build/test"].map((place) => join(ROOT, place)).filter(existsSync);
  const seen = new Set(readdirSync(folder).map((file) => file.split("-")[0]));
  for (const place of places) {
    for (const file of readdirSync(place).filter((name) => name.endsWith(".wasm"))) {
      const bytes = readFileSync(join(place, file));
      const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
      if (seen.has(hash)) writeFileSync(join(folder, `${hash}.wasm`), bytes);
      if (seen.has(hash)) writeFileSync(join(folder, `${hash}.name`), nameOf(file));
    }
  }
}

/** `test-programs-extra.wasm`, `translation-bench-0123456789ab.wasm`: what a test built of test/unit/assembly. */
function nameOf(file: string): string {
  return basename(file, ".wasm")
    .replace(/^test-/, "")
    .replace(/-[0-9a-f]{12}$/, "");
}

function byImage(folder: string): Recording[] {
  const files = readdirSync(folder).sort();
  const known = new Map(subjects().map((subject) => [subject.name, subject]));
  const found = files
    .filter((file) => file.endsWith(".name"))
    .map((file) => {
      const hash = basename(file, ".name");
      const subject = known.get(readFileSync(join(folder, file), "utf8"));
      const tapes = files.filter((name) => name.startsWith(`${hash}-`)).map((name) => join(folder, name));
      return { subject, wasm: join(folder, `${hash}.wasm`), tapes };
    })
    .filter((r): r is Recording => r.subject !== undefined);
  const recorded = found.reduce((sum, { tapes }) => sum + tapes.length, 0);
  const all = files.filter((file) => file.endsWith(".tape")).length;
  if (recorded === 0) throw new RecordingError("no image was recorded; build them with npm run images");
  // A test may break an image on purpose; more than a few unknown ones are a mistake here.
  if (all - recorded > all / 20) throw new RecordingError(`${all - recorded} of ${all} tapes are of unknown images`);
  return found.sort((a, b) => a.subject.name.localeCompare(b.subject.name));
}

function fingerprint(): string {
  if (!existsSync(join(ROOT, "build/images"))) {
    throw new RecordingError("there are no images; build them with npm run images");
  }
  // Tests put images of their own beside these.
  const images = Object.keys(targets()).map((name) => join(ROOT, "build/images", `${name}.wasm`));
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name)),
  );
  const hash = createHash("sha256");
  for (const path of [...FILES, ...images.filter(existsSync), ...inFolders].sort())
    hash.update(path).update(readFileSync(path));
  return hash.digest("hex").slice(0, 12);
}
