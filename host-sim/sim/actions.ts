/** What else happens at a time: reboots, programs switched, refreshes asked for, messages replayed, links cut. */
import { parseIp6 } from "../core/address.js";
import { instancesOf } from "../core/expand.js";
import { Messages } from "../core/messages.js";
import type { ActionConfig, Scenario } from "../core/scenario.js";
import { durationUs } from "../core/units.js";
import type { World } from "./world.js";

/** Where a mobility header's type is in an Ethernet frame whose IPv6 header is followed by a Home Address option or nothing. */
const MOBILITY_HEADER = 135;
const DESTINATION_OPTIONS = 60;
const BINDING_UPDATE = 5;

export function planActions(world: World, scenario: Scenario): void {
  for (const action of scenario.actions ?? []) {
    if (action.do === "replay") recordUpdates(world, action.link);
    world.at(durationUs(action.at), () => act(world, action));
  }
}

function act(world: World, action: ActionConfig): void {
  switch (action.do) {
    case "replay": {
      const update = world.replays.get(action.link)?.[(action.nth ?? 1) - 1];
      if (update) world.link(action.link).inject(update);
      return;
    }
    case "cut": {
      const link = world.link(action.link);
      link.cut = true;
      world.at(world.queue.nowUs + durationUs(action.for), () => {
        link.cut = false;
      });
      return;
    }
    default:
      for (const { name } of instancesOf(world.instances, action.node)) actOn(world, name, action);
  }
}

function actOn(world: World, name: string, action: Exclude<ActionConfig, { link: string }>): void {
  const node = world.node(name);
  switch (action.do) {
    case "program":
      node.configure(new Messages().program(action.number, action.on).bytes());
      return;
    case "refresh":
      node.configure(new Messages().refresh(parseIp6(action["home-address"])).bytes());
      return;
    case "reboot": {
      node.stop();
      const downUs = durationUs(action.down ?? "0s");
      if (downUs === 0) node.start();
      else world.at(world.queue.nowUs + downUs, () => node.start(), node.number);
    }
  }
}

/** Keeps the Binding Updates that cross a link, for a replay. */
function recordUpdates(world: World, link: string): void {
  if (world.replays.has(link)) return;
  const updates: Uint8Array[] = [];
  world.replays.set(link, updates);
  world.link(link).onFrame = (frame) => {
    if (isBindingUpdate(frame)) updates.push(frame.slice());
  };
}

function isBindingUpdate(frame: Uint8Array): boolean {
  let next = frame[20];
  let at = 54;
  if (next === DESTINATION_OPTIONS) {
    next = frame[at];
    at += 8 * (frame[at + 1] + 1);
  }
  return next === MOBILITY_HEADER && frame[at + 2] === BINDING_UPDATE;
}
