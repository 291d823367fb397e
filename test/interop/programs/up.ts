/** `sixfold up --json CONFIG` from the sources. */
import { up } from "../../../host-sim/cli/up.js";

process.exitCode = await up(process.argv[2], { json: true });
