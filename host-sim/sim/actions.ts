/** What else happens at a time: reboots, programs switched, refreshes asked for, associations changed, links cut. */
import { Direction } from "../../assembly/abi/ipsec.js";
import { parseIp6 } from "../core/address.js";
import { instancesOf } from "../core/expand.js";
import { associationSettings } from "../core/ipsec/association.js";
import { Messages } from "../core/messages.js";
import type { ActionConfig, Scenario } from "../core/scenario.js";
import { durationUs } from "../core/units.js";
import type { World } from "./world.js";

export function planActions(world: World, scenario: Scenario): void {
  for (const action of scenario.actions ?? []) {
    if (action.do === "replay" || action.do === "forge" || action.do === "answer") continue;
    world.at(durationUs(action.at), () => act(world, action));
  }
}

/** What an attacker does is planned elsewhere. */
type Action = Exclude<ActionConfig, { do: "replay" | "forge" | "answer" }>;

function act(world: World, action: Action): void {
  switch (action.do) {
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

function actOn(world: World, name: string, action: Exclude<Action, { link: string }>): void {
  const node = world.node(name);
  switch (action.do) {
    case "program":
      node.configure(new Messages().program(action.number, action.on).bytes());
      return;
    case "refresh":
      node.configure(new Messages().refresh(parseIp6(action["home-address"])).bytes());
      return;
    case "add-association": {
      const policies = node.instance.config.ipsec?.policies ?? [];
      const names = policies.map((policy) => policy.name);
      node.configure(new Messages().association(associationSettings(action.association, names)).bytes());
      return;
    }
    case "delete-association": {
      const direction = action.direction === "in" ? Direction.IN : Direction.OUT;
      node.configure(new Messages().associationDelete(action.spi, direction).bytes());
      return;
    }
    case "reboot": {
      node.stop();
      const downUs = durationUs(action.down ?? "0s");
      if (downUs === 0) node.start();
      else world.at(world.queue.nowUs + downUs, () => node.start(), node.number);
    }
  }
}
