/** What scenario.schema.json lets through, as types. Texts are still texts: addresses, durations, rates. */
import type { AnycastConfig } from "./anycast/config.js";
import type { ImageName, Profile } from "./image.js";
import type { AssociationConfig, IpsecConfig } from "./ipsec/config.js";

export interface Scenario {
  title?: string;
  duration: string;
  seed?: number;
  links: Record<string, LinkConfig>;
  nodes: Record<string, ScenarioNode>;
  moves?: MoveConfig[];
  actions?: ActionConfig[];
  traffic?: TrafficConfig[];
  expect?: Expectation[];
}

export interface LinkConfig {
  prefix?: string;
  delay?: string;
  jitter?: string;
  rate?: string;
  queue?: number;
  loss?: number;
  duplicate?: number;
  reorder?: number;
  "reorder-delay"?: string;
  corrupt?: number;
  mtu?: number;
}

/** One node: of a scenario, or a live configuration. */
export interface NodeConfig {
  image: ImageName;
  profile?: Profile;
  trace?: 0 | 1 | 2;
  secret?: string;
  ports?: Record<string, PortConfig>;
  application?: boolean | { interface?: string; mtu?: number };
  mirror?: boolean;
  routes?: RouteConfig[];
  "home-agent"?: HomeAgentConfig;
  "mobile-node"?: MobileNodeConfig;
  programs?: number[];
  translation?: TranslationConfig;
  ipsec?: IpsecConfig;
  anycast?: AnycastConfig;
  correspondent?: "on" | { lifetime?: string };
}

export interface LiveNode extends NodeConfig {
  name?: string;
}

export interface ScenarioNode extends NodeConfig {
  count?: number;
  "storage-delay"?: string;
}

export interface PortConfig {
  link?: string | null;
  interface?: string;
  tap?: string;
  mac?: string;
  mtu?: number;
  address?: string | string[];
  "duplicate-detection"?: boolean;
  autoconfigure?: boolean;
  optimistic?: boolean;
  advertise?: AdvertiseConfig;
}

export interface AdvertiseConfig {
  interval?: [string, string];
  lifetime?: string;
  prefixes?: string[];
  autonomous?: boolean;
  valid?: string;
  preferred?: string;
  "hop-limit"?: number;
  reachable?: string;
  retransmit?: string;
  mtu?: number;
  dns?: string[];
}

export interface RouteConfig {
  to: string;
  via?: string;
  port: string;
}

export interface HomeAgentConfig {
  security?: "none" | "ipsec";
  port?: string;
  address?: string;
  homes: (string | { first: string; count: number })[];
  lifetime?: string;
  preference?: number;
  "agent-lifetime"?: string;
  "duplicate-detection"?: boolean;
}

export interface MobileNodeConfig {
  "home-address": string;
  "home-agent"?: string;
  port?: string;
  lifetime?: string;
  optimize?: string[];
}

export interface TranslationConfig {
  table?: Record<string, string>;
  pool4?: string;
  pool6?: string;
  dns?: { address: string; server: string };
}

export interface MoveConfig {
  at: string;
  node: string;
  port?: string;
  to: string | string[];
  every?: string;
  stagger?: string;
  gap?: string;
  silent?: boolean;
}

export type ActionConfig = { at: string } & (
  | { do: "reboot"; node: string; down?: string }
  | { do: "program"; node: string; number: number; on: boolean }
  | { do: "refresh"; node: string; "home-address": string }
  | { do: "add-association"; node: string; association: AssociationConfig }
  | { do: "delete-association"; node: string; spi: number; direction: "in" | "out" }
  | ({ do: "replay" } & ReplayConfig)
  | ({ do: "forge" } & ForgeConfig)
  | ({ do: "answer" } & AnswerConfig)
  | { do: "cut"; link: string; for: string }
);

export interface ReplayConfig {
  link: string;
  of?: "bu" | "mh" | "esp" | "ah" | "any" | "request" | "answer" | "registration";
  /** Of `request` and `answer`. */
  flow?: string;
  nth?: number;
  count?: number;
}

/** What an impostor answers. */
export interface AnswerConfig {
  name: string;
  flows: string[];
  link: string;
  via: string;
  /** An address, or `asked`: the one that the request went to. */
  source: string;
  identifier?: "none" | "copied";
  sees?: boolean;
  "wrong-port"?: boolean;
}

export interface ForgeConfig {
  link: string;
  to: string;
  source: string;
  destination: string;
  "home-address"?: string;
  /** Hexadecimal. */
  options?: string;
  protocol: string | number;
  /** Hexadecimal. */
  payload: string;
}

export interface TrafficConfig {
  name: string;
  from: string;
  to: string;
  kind?: "udp" | "ping";
  both?: boolean;
  answers?: "asked" | "own";
  "answer-size"?: number;
  every?: string;
  size?: number;
  start?: string;
  stop?: string;
  stagger?: string;
}

export interface Expectation {
  name: string;
  metric: string;
  op: "<=" | "<" | "==" | "!=" | ">" | ">=";
  limit: number;
}
