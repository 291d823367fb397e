/** What a packet is to a ladder: who sends to whom, of what kind, in few words. */
import type { Layer } from "./dissect.js";

/** Nothing for what keeps a link alive (neighbour discovery, listeners): it would hide the rest. */
export type Kind = "control" | "data" | "router" | undefined;

export function kindOf(layers: Layer[]): Kind {
  if (layers.some(({ name }) => name === "MH" || name === "REG")) return "control";
  const icmp = layers.find(({ name }) => name === "ICMP6" || name === "ICMP4");
  const type = Number(icmp?.fields[0][1]);
  if (icmp?.name === "ICMP4") return type === 0 || type === 8 ? "data" : "control";
  if (!icmp || type === 128 || type === 129) return "data";
  if (type === 133 || type === 134) return "router";
  return type < 128 || (type >= 144 && type <= 147) ? "control" : undefined;
}

/** Source and destination of the IP headers from the outside in, those that an ICMP error quotes aside. */
export function addresses(layers: Layer[]): { source: string; destination: string }[] {
  const error = layers.findIndex(({ name }) => name.startsWith("ICMP"));
  return layers
    .slice(0, error < 0 ? undefined : error)
    .filter(({ name }) => name === "IP6" || name === "IP4")
    .map(({ fields }) => {
      const value = new Map(fields);
      return { source: value.get("source") ?? "", destination: value.get("destination") ?? "" };
    });
}

/** The last layer that says something, with a word where it is protected or tunnelled. */
export function brief(layers: Layer[]): string {
  const quiet = new Set(["Ethernet", "data", "trailer", "ESP trailer", "cut"]);
  const last = layers.filter(({ name }) => !quiet.has(name)).at(-1);
  const error = layers.find(({ name }) => name.startsWith("ICMP"));
  const text = (error ?? last)?.summary.replace(/^(MH|REG|ICMP6) /, "") ?? "";
  const tunnelled = addresses(layers).length > 1 ? "tunnel: " : "";
  const version = layers.some(({ name }) => name === "IP4") ? "IPv4 " : "";
  const guards = layers.filter(({ name }, i) => (name === "ESP" || name === "AH") && layers[i] !== last);
  const guarded = guards.length > 0 ? `${guards.map(({ name }) => name).join(", ")}: ` : "";
  const identifier = layers.find(({ summary }) => /^DO .*anycast/.test(summary))?.summary.slice("DO ".length);
  const identified = identifier ? ` (${identifier.replace(/ key .*/, "")})` : "";
  return `${guarded}${tunnelled}${version}${text}${identified}`;
}
