/** Events and measurements as text for people: a line an event, the drops, and the handover budget. */

import { type DecodedEvent, Event, scalarIp4 } from "./events.js";
import { stepName } from "./steps.js";
import { table } from "./table.js";

/** Milliseconds between events; null where the later one never came. */
export interface Phases {
  /** The move until the mobile node decided that it moved. */
  detect: number | null;
  /** Until the Binding Update left: the new care-of address, optimistic or after DAD. */
  dad: number | null;
  /** Until the acknowledgement was accepted. */
  register: number | null;
}

export interface Handover {
  node: string;
  /** Names of links. */
  from: string;
  to: string;
  /** Last packet at the application port before the move to the first after it; null where none came after it. */
  gapMs: number | null;
  /** Packets. */
  lost: number;
  phases: Phases;
}

/**
 * The phases of a handover that began at `moveMs`, from the events of that node in order of time. Only events before `untilMs`
 * (the next move) count. An acknowledgement with a status of 128 or more registers nothing.
 */
export function phasesOf(events: DecodedEvent[], moveMs: number, untilMs = Number.POSITIVE_INFINITY): Phases {
  const first = (from: number | undefined, matches: (event: DecodedEvent) => boolean) =>
    from === undefined
      ? undefined
      : events.find((event) => event.timeMs >= from && event.timeMs < untilMs && matches(event))?.timeMs;
  const moved = first(moveMs, (event) => event.kind === Event.MOVED);
  const sent = first(moved, (event) => event.kind === Event.BU_SENT);
  const received = first(sent, (event) => event.kind === Event.BA_RECEIVED && event.code < 128);
  const between = (from?: number, to?: number) => (from === undefined || to === undefined ? null : to - from);
  return { detect: between(moveMs, moved), dad: between(moved, sent), register: between(sent, received) };
}

/** The budget as a table: a row a handover, all times in milliseconds. */
export function budgetTable(handovers: Handover[]): string {
  const time = (value: number | null) => (value === null ? "never" : value.toFixed(1));
  const rows = handovers.map(({ node, from, to, gapMs, lost, phases }) => [
    node,
    `${from} → ${to}`,
    time(phases.detect),
    time(phases.dad),
    time(phases.register),
    time(gapMs),
    String(lost),
  ]);
  return table(["node", "move", "detect", "address", "register", "gap ms", "lost"], rows, 2);
}

/** Dropped packets by reason, the most frequent first. */
export function dropTable(drops: Record<string, number>): string {
  const rows = Object.entries(drops).sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
  return table(
    ["dropped because", "packets"],
    rows.map(([reason, count]) => [reason, String(count)]),
    1,
  );
}

/** One line: time, node, what happened, and for a step its number and title. */
export function eventLine(node: string, event: DecodedEvent): string {
  const time = (event.timeMs / 1000).toFixed(3).padStart(10);
  return `${time} s  ${node.padEnd(10)}  ${describe(event)}`;
}

/** What happened, without time and place. */
export function describe(event: DecodedEvent): string {
  const { code, codeName, a, b, x, y } = event;
  switch (event.kind) {
    case Event.STEP:
      return `step ${stepName(code)}${codeName ? `: ${codeName}` : ""}${addresses(event)}${x ? ` [${x}]` : ""}`;
    case Event.DROP:
      return `dropped at port ${x}: ${codeName}${addresses(event)}`;
    case Event.LOST:
      return `${x} events were lost`;
    case Event.LINK:
      return `port ${code} ${x ? "up" : "down"}`;
    case Event.ADDRESS:
      return `address ${a}/${y} on port ${x}: ${codeName.toLowerCase()}`;
    case Event.DUPLICATE:
      return `address ${a} on port ${x} is a duplicate`;
    case Event.ROUTER:
      return `default router ${a} on port ${x} ${codeName}`;
    case Event.MOVED:
      return `moved ${codeName}: care-of address ${a} on port ${x}`;
    case Event.BU_SENT:
      return `Binding Update sent: ${a} is at ${b}, sequence ${x}, lifetime ${4 * y} s`;
    case Event.BA_RECEIVED:
      return `Binding Acknowledgement from ${a} for ${b}: status ${code} (${codeName}), sequence ${x}, lifetime ${4 * y} s`;
    case Event.BINDING:
      return `binding ${codeName}: ${a} at ${b}, sequence ${x}, lifetime ${4 * y} s`;
    case Event.BU_REFUSED:
      return `Binding Update for ${a} at ${b} refused: status ${code} (${codeName}), sequence ${x}`;
    case Event.TUNNEL:
      return `tunnel ${a} - ${b} ${codeName}`;
    case Event.TRANSLATION:
      return `translation ${codeName}: ${a} = ${scalarIp4(x)}${y ? " (our own)" : ""}`;
    case Event.APPLICATION:
      if (x) return `application port has ${a}/${x}, MTU ${y}`;
      return `application port loses its IPv${code} address${a === "::" ? "" : ` ${a}`}`;
    case Event.DNS:
      return `name server ${a} for ${x} s`;
    case Event.SECURITY_NONE:
      return `home agent ${a} accepts Binding Updates without IPsec (security: none)`;
    case Event.REGISTRATION:
      return `registration: ${codeName.toLowerCase()}${a === "::" ? "" : `, home agent ${a}`}`;
    case Event.UNREACHABLE:
      return `neighbour ${a} on port ${x} is unreachable`;
    case Event.DHAAD:
      return `${x} home agents found, the first is ${a}`;
    case Event.HOME_PREFIX:
      return `${x} home prefixes told, the first is ${a}`;
    case Event.ASSOCIATION: {
      const direction = ["", "in", "out"][y] ?? `direction ${y}`;
      return `association 0x${x.toString(16).padStart(8, "0")} (${direction}) ${codeName}`;
    }
    case Event.OPTIMIZED:
      return `route to ${a}: ${codeName}${code === 1 ? `, care-of address ${b}` : ""}`;
    case Event.ANYCAST_SERVER:
      if (code >= 16) return `registration of ${a} for ${b} refused: status ${code - 16} (${codeName})`;
      return `server ${a} of ${b} ${codeName}: cost ${x}${y === 0 ? "" : `, lifetime ${y} s`}`;
    case Event.ANYCAST_NEAREST:
      return a === "::" ? `no server of ${b} is left` : `nearest server of ${b} is ${a}`;
    case Event.ANYCAST_REGISTRATION:
      return `registration for ${b} at ${a}: status ${code} (${codeName})${code === 0 ? `, lifetime ${y} s` : ""}`;
    default:
      return `${event.kindName} code ${code} ${a} ${b} ${x} ${y}`;
  }
}

function addresses({ a, b }: DecodedEvent): string {
  const known = [a, b].filter((address) => address !== "::");
  return known.length ? ` (${known.join(" > ")})` : "";
}
