import { attachFilter } from "./filter";
import { attachLifetimes } from "./lifetimes";
import { attachPorts } from "./ports";
import { attachQuery } from "./query";
import { attachRecords } from "./records";
import { attachRegistration } from "./registration";
import { attachSettings } from "./settings";

// Boundary router, docs/anycast-identifier.md §5, §6.
//
//   ports         which are inside
//   settings      anycast addresses, servers by hand
//   registration  servers that make themselves known; epoch, records and lifetimes keep the order of that
//   servers       a row of the table begins, changes, ends; nearest sets the routes
//   filter        what is looked at in a packet that is forwarded, its source first (sources)

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  attachPorts();
  attachSettings();
  attachLifetimes();
  attachRegistration();
  attachRecords();
  attachFilter();
  attachQuery();
}
