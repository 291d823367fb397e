// Sequence targets: valid sequences to start from, and the steps that native/mutate.c puts into others; native/steps.h has the format.
import { Message } from "../../assembly/abi/message.js";
import { be, concat, le } from "../bench/frames.js";
import * as say from "../bench/messages.js";
import * as anycast from "./anycast.js";
import { type Arrival, arrivals } from "./inputs.js";
import type { State } from "./setups.js";
import * as world from "./world.js";

/** Kinds of steps, numbered as in native/steps.h. */
enum Kind {
  FRAME,
  ANSWER,
  ECHO,
  LINK,
  CONFIGURE,
  POWER_CUT,
  SLOW_LINK,
  SLOW_FLASH,
}
/** Indices of STEP_MS. */
const Time = { NONE: 0, TENTH: 3, SECOND: 4, SECONDS: 5, HALF_MINUTE: 6, TEN_MINUTES: 7 };
const UP = 4;

function step(kind: Kind, argument: number, time: number, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  return concat(be(8, kind | (argument << 4), time), le(16, data.length), data);
}
function frame({ port, frame: bytes }: Arrival): Uint8Array {
  return step(Kind.FRAME, port, Time.TENTH, bytes);
}
function configure(settings: readonly say.Setting[]): Uint8Array {
  const messages = settings.map(([type, value]) =>
    concat(le(16, type, value.length), value, new Uint8Array(-value.length & 3)),
  );
  return step(Kind.CONFIGURE, 0, Time.NONE, concat(...messages));
}
const answers = (n: number) => Array.from({ length: n }, () => step(Kind.ANSWER, 0, Time.SECOND));

/** Configuration that changes while a node runs. */
const settings: say.Setting[] = [
  [Message.TRACE, be(8, 2)],
  say.address(0, world.secondHome),
  say.route(0, world.visited, 64, world.visitedRouter),
  say.route(0, world.correspondent, 48, world.visitedRouter),
  [Message.ROUTE_DELETE, say.route(0, world.visited, 64, world.visitedRouter)[1]],
  say.host(0),
  say.mobileNode(0, world.home, world.agent),
  say.mobileNode(0, world.home, new Uint8Array(16)),
  say.homeAgent(0, world.agent),
  say.homeAddress(world.secondHome),
  [Message.REFRESH, world.home],
  say.advertise(0),
  say.prefix(0, world.agent),
  say.program(10000),
  say.program(10001),
  [Message.PROGRAM, le(16, 10000, 0)],
  say.pool4(world.pool4, 30),
  say.pool6(world.correspondent, 96),
  say.translation(world.correspondent, world.application.remote4),
  say.dns(world.nameServer4, world.nameServer6),
  ...anycast.changes,
];

/** Every step that a mutation may insert. */
export function templates({ own, awaited, more = {} }: State): Uint8Array {
  const frames = Object.values({ ...arrivals(own), ...more })
    .flat()
    .map(frame);
  if (awaited) frames.push(frame({ port: 0, frame: awaited }));
  return concat(...frames, ...settings.map((setting) => configure([setting])));
}

/** Valid sequences: the frames of each kind in a row, what a day brings, and a life in which every question is answered. */
export function sequences({ own, more = {} }: State): Record<string, Uint8Array> {
  const lists = { ...arrivals(own), ...more };
  const one = (name: string) => lists[name].map(frame);
  const link = (argument: number) => step(Kind.LINK, argument, Time.SECOND);
  const inputs = Object.entries(lists).map(([name, list]): [string, Uint8Array] => [name, concat(...list.map(frame))]);
  const moves = [
    link(0),
    link(UP),
    ...one("router-advertisement"),
    ...answers(6),
    ...one("application"),
    ...answers(3),
  ];
  return {
    ...Object.fromEntries(inputs),
    life: concat(...one("router-advertisement"), ...answers(12)),
    moves: concat(...moves, link(0), link(UP), ...one("home-link"), ...answers(6)),
    "power-cut": concat(...one("binding-update"), step(Kind.POWER_CUT, 0, Time.SECOND), ...moves),
    "slow-flash": concat(
      step(Kind.SLOW_FLASH, 1, Time.NONE),
      ...one("binding-update"),
      step(Kind.SLOW_FLASH, 0, Time.SECOND),
    ),
    "slow-link": concat(step(Kind.SLOW_LINK, 1, Time.NONE), ...moves, step(Kind.SLOW_LINK, 0, Time.SECONDS)),
    echoes: concat(link(0), link(UP), step(Kind.ECHO, 0, Time.NONE), step(Kind.ECHO, 1, Time.TENTH), ...answers(3)),
    "long-time": concat(...one("router-advertisement"), step(Kind.ANSWER, 0, Time.TEN_MINUTES), ...answers(4)),
    changes: concat(...settings.map((setting) => configure([setting]))),
  };
}
