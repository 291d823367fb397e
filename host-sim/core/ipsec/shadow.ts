/** When one policy leaves nothing for another. */
import type { Prefix } from "../address.js";
import { inPrefix } from "../address.js";
import type { PolicySettings } from "../settings.js";

const FLAG = { ANY_PROTOCOL: 1, CARE_OF: 6 };

/** Does `earlier` match whatever `later` matches? One whose tunnel follows a care-of address does not while there is none. */
export function covers(earlier: PolicySettings, later: PolicySettings): boolean {
  return (
    (earlier.flags & FLAG.CARE_OF) === 0 &&
    earlier.process === later.process &&
    (later.directions & ~earlier.directions) === 0 &&
    coversPrefix(earlier.local, later.local) &&
    coversPrefix(earlier.remote, later.remote) &&
    coversProtocol(earlier, later)
  );
}

function coversPrefix(earlier: Prefix, later: Prefix): boolean {
  return earlier.length <= later.length && inPrefix(later.address, earlier);
}

/** Where any protocol is selected, there are no ports. */
function coversProtocol(earlier: PolicySettings, later: PolicySettings): boolean {
  if ((earlier.flags & FLAG.ANY_PROTOCOL) !== 0) return true;
  return (
    (later.flags & FLAG.ANY_PROTOCOL) === 0 &&
    earlier.protocol === later.protocol &&
    within(later.localPorts, earlier.localPorts) &&
    within(later.remotePorts, earlier.remotePorts)
  );
}

function within([first, last]: [number, number], [from, to]: [number, number]): boolean {
  return from <= first && last <= to;
}
