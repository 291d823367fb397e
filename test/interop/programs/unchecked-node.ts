/**
 * `sixfold up --json` without `sixfold check`: runs a node that the command line would refuse, from a configuration as JSON.
 * A board boots that way before anybody has configured it.
 */
import { readFileSync } from "node:fs";
import { LiveNode } from "../../../host-sim/live/node.js";
import { decodeEvent } from "../../../host-sim/trace/events.js";

const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const node = await LiveNode.start(JSON.parse(readFileSync(process.argv[2], "utf8")), {
  event(record, offset) {
    const event = decodeEvent(record, offset);
    say(event);
    return event;
  },
  warn: (sentence) => say({ warning: sentence }),
  ended(sentence, code) {
    say({ ended: sentence });
    process.exitCode = code;
  },
});
process.on("SIGTERM", () => node.stop());
say({ event: "ready" });
