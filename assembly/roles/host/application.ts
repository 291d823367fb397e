import { Event } from "../../abi/event";
import { isLinkLocal } from "../../base/addr";
import { Changed, onChanged } from "../../engine/changed";
import { emit } from "../../engine/events";
import { appPort, port } from "../../engine/ports";
import { Address, AddressFlag, findAddress } from "../../tables/addresses";

// The application port of a host has the host's own addresses: each while it is preferred, those of one link alone aside. Where programs
// give the application a home address instead, it has beside that one the anycast addresses that it serves.

let all: bool = false;

/** Attaches the role to the doors of the engine. `own`: the host's unicast addresses are the application's too. */
export function attach(own: bool): void {
  all = own;
  onChanged(heard);
}
function heard(what: Changed, _port: u32, at: usize): void {
  switch (what) {
    case Changed.ADDRESS_READY:
      return tell(changetype<Address>(at));
    case Changed.ADDRESS_DEPRECATED:
    case Changed.ADDRESS_GONE:
      return withdraw(changetype<Address>(at));
    case Changed.ADDRESS_DUPLICATE: {
      const a = findAddress(at, -1); // what is heard is a copy
      if (a) withdraw(a);
      return;
    }
    default:
      return;
  }
}
function tell(a: Address): void {
  const at = changetype<usize>(a);
  if (appPort() < 0 || isLinkLocal(at) || (a.flags & AddressFlag.TOLD) != 0) return;
  if (!all && (a.flags & AddressFlag.ANYCAST) == 0) return;
  a.flags |= AddressFlag.TOLD;
  emit(Event.APPLICATION, 6, at, 0, 128, port(a.port).mtu);
}
function withdraw(a: Address): void {
  if ((a.flags & AddressFlag.TOLD) == 0) return;
  a.flags &= ~AddressFlag.TOLD;
  emit(Event.APPLICATION, 6, changetype<usize>(a), 0, 0, 0);
}
