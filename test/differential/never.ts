import type { Event } from "../../assembly/abi/event.js";
import type { Verdict } from "../../assembly/abi/verdict.js";
import type { PlayedImage } from "./images.js";

// What an image never gives, by the way it is built, and why, and what no scene plays. A run checks it in both directions: what is listed
// and occurs is a failure, and so is what is neither listed nor occurs (coverage.ts).

export type Never<T extends string> = Partial<Record<T, string>>;
type Verdicts = Never<keyof typeof Verdict>;
type Events = Never<keyof typeof Event>;

function all<T extends string>(reason: string, names: readonly T[]): Never<T> {
  return Object.fromEntries(names.map((name) => [name, reason])) as Never<T>;
}

const IPSEC = [
  "NO_SA",
  "BAD_ESP",
  "BAD_AH",
  "BAD_ICV",
  "REPLAYED",
  "SA_EXPIRED",
  "SA_UNSAVED",
  "SA_EXHAUSTED",
  "POLICY_DISCARD",
  "POLICY_MISMATCH",
] as const;

/** Of every image. */
const ANY: Verdicts = {
  NO_HEADROOM: "a buffer has headroom for MAX_LAYERS headers, and TOO_DEEP comes before it is used up",
};
const NO_MOBILE_NODE: Verdicts = all("it has no mobile node", [
  "BA_UNEXPECTED",
  "BA_SEQUENCE",
  "BA_REFUSED",
  "BRR_UNEXPECTED",
  "BE_UNEXPECTED",
  "BINDING_FULL",
  "MPA_UNEXPECTED",
  "RR_UNEXPECTED",
]);
const NO_CORRESPONDENT: Verdicts = { RR_REFUSED: "it is nobody's correspondent" };
const NO_HOME_AGENT: Verdicts = all("it has no home agent", [
  "BU_NOT_ALLOWED",
  "BU_SEQUENCE",
  "BU_REFUSED",
  "MPS_REFUSED",
]);
const NO_MOBILITY: Verdicts = {
  ...NO_MOBILE_NODE,
  ...NO_HOME_AGENT,
  ...all("it has neither a mobile node nor a home agent", ["TUNNEL_SOURCE", "NO_BINDING", "DHAAD_UNEXPECTED"]),
  TOO_DEEP: "it has no tunnels",
};
const NO_PROGRAMS: Verdicts = {
  ...all("it has no programs and no translation", [
    "NO_PROGRAM",
    "PROGRAM_FAILED",
    "POOL_EXHAUSTED",
    "UNTRANSLATABLE",
    "BAD_DNS",
  ]),
  NO_APPLICATION: "only a home address is its application's where there is no port for one",
};
const NO_ANYCAST_CLIENT = ["ANYCAST_UNASKED", "ANYCAST_MISSING"] as const;
const NO_BOUNDARY = ["ANYCAST_SERVER", "ANYCAST_OUTSIDE", "ANYCAST_SOURCE"] as const;
const NO_ANYCAST: Verdicts = all("it has no anycast", [
  ...["ANYCAST_FORM", "ANYCAST_KEY", "ANYCAST_FORGED", "ANYCAST_REGISTRATION"],
  ...[...NO_ANYCAST_CLIENT, ...NO_BOUNDARY],
] as const);
const NOT_A_BOUNDARY: Verdicts = all("it is no boundary router", NO_BOUNDARY);
const NO_HOST: Verdicts = { BAD_REDIRECT: "it has no host: nobody redirects a router" };

const HOST: Verdicts = {
  ...ANY,
  ...NO_MOBILITY,
  ...NO_PROGRAMS,
  ...NOT_A_BOUNDARY,
  HOP_LIMIT: "it neither forwards nor translates",
};

export const NEVER_VERDICTS: Record<PlayedImage, Verdicts> = {
  host: HOST,
  "anycast-client": {
    ...HOST,
    ...NO_CORRESPONDENT,
    ANYCAST_REGISTRATION: "it registers nowhere",
  },
  "anycast-server": { ...HOST, ...NO_CORRESPONDENT, ...all("it asks nobody", NO_ANYCAST_CLIENT) },
  "boundary-router": {
    ...ANY,
    ...NO_MOBILITY,
    ...NO_CORRESPONDENT,
    ...NO_PROGRAMS,
    ...NO_HOST,
    ...all("it has no IPsec", IPSEC),
    ...all("it asks nobody", NO_ANYCAST_CLIENT),
  },
  router: {
    ...ANY,
    ...NO_ANYCAST,
    ...NO_MOBILITY,
    ...NO_CORRESPONDENT,
    ...NO_PROGRAMS,
    ...NO_HOST,
    ...all("it has no IPsec", IPSEC),
  },
  "home-agent": { ...ANY, ...NO_ANYCAST, ...NO_MOBILE_NODE, ...NO_CORRESPONDENT, ...NO_PROGRAMS, ...NO_HOST },
  terminal: {
    ...ANY,
    ...NOT_A_BOUNDARY,
    ...NO_HOME_AGENT,
    ...NO_CORRESPONDENT,
    TOO_DEEP: "it has one tunnel, from its care-of address, which nothing is wrapped in twice",
    PROGRAM_FAILED: "its table of tunnels has room for more than its one home address",
  },
};

const NOT_MOBILE: Events = all("it has no mobile node", [
  "MOVED",
  "BU_SENT",
  "BA_RECEIVED",
  "REGISTRATION",
  "DHAAD",
  "HOME_PREFIX",
  "OPTIMIZED",
]);
const NO_AGENT: Events = all("it has no home agent", ["BINDING", "BU_REFUSED", "SECURITY_NONE"]);
const NO_PROGRAM: Events = all("it has no programs", ["TUNNEL", "TRANSLATION"]);
const NO_STEPS: Events = { STEP: "it has neither programs nor anycast" };
const NO_SERVERS: Events = all("it is no boundary router", ["ANYCAST_SERVER", "ANYCAST_NEAREST"]);
const NOT_REGISTERED: Events = { ANYCAST_REGISTRATION: "it serves no anycast address" };
const NO_APPLICATION: Events = { APPLICATION: "it has no applications" };
const NOT_ADVERTISED_TO: Events = all("it has no host that learns from advertisements", ["ROUTER", "DNS"]);

export const NEVER_EVENTS: Record<PlayedImage, Events> = {
  host: { ...NOT_MOBILE, ...NO_AGENT, ...NO_PROGRAM, ...NO_SERVERS },
  "anycast-client": { ...NOT_MOBILE, ...NO_AGENT, ...NO_PROGRAM, ...NO_SERVERS, ...NOT_REGISTERED },
  "anycast-server": { ...NOT_MOBILE, ...NO_AGENT, ...NO_PROGRAM, ...NO_SERVERS },
  "boundary-router": {
    ...NOT_MOBILE,
    ...NO_AGENT,
    ...NO_PROGRAM,
    ...NOT_REGISTERED,
    ...NO_APPLICATION,
    ...NOT_ADVERTISED_TO,
    ASSOCIATION: "it has no IPsec",
  },
  router: {
    ...NO_STEPS,
    ...NO_SERVERS,
    ...NOT_REGISTERED,
    ...NOT_MOBILE,
    ...NO_AGENT,
    ...NO_PROGRAM,
    ...NO_APPLICATION,
    ...NOT_ADVERTISED_TO,
    ASSOCIATION: "it has no IPsec",
  },
  "home-agent": {
    ...NOT_MOBILE,
    ...NO_PROGRAM,
    ...NO_STEPS,
    ...NO_SERVERS,
    ...NOT_REGISTERED,
    ...NO_APPLICATION,
    ...NOT_ADVERTISED_TO,
  },
  terminal: { ...NO_AGENT, ...NO_SERVERS },
};

/**
 * What an image could give and no scene plays yet: IPsec, and the direct route to correspondents. It counts among what is possible, and is
 * looked for elsewhere (test/unit/roles, fuzz targets).
 */
export const NOT_PLAYED: Record<PlayedImage, readonly (keyof typeof Verdict | keyof typeof Event)[]> = {
  host: [...IPSEC, "RR_REFUSED", "ASSOCIATION"],
  "anycast-client": [...IPSEC, "ASSOCIATION"],
  "anycast-server": [...IPSEC, "ASSOCIATION"],
  "boundary-router": [],
  router: [],
  "home-agent": [...IPSEC, "ASSOCIATION"],
  // Only rows for correspondents fill its list.
  terminal: [...IPSEC, "ASSOCIATION", "OPTIMIZED", "BINDING_FULL"],
};
