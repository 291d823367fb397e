import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { AnycastKey } from "../../../host-sim/core/anycast/config.js";
import type { LiveNode } from "../../../host-sim/core/scenario.js";
import { type AnycastWorld, BORDER, CLIENT, S, type Site, TUN, U, U_ESP } from "./anycast-world.js";
import type { Live } from "./live.js";
import { startNode } from "./start-node.js";
import type { Bench } from "./suite.js";
import { ALGORITHMS, association, type KernelState, writeKeys } from "./xfrm.js";

/** Seconds that a server asks to be known for. */
export const LIFETIME_S = 4;
const COST: Record<Site, number> = { a: 10, b: 20 };

/** The nodes of a world that have `anycast:`, and their keys. */
export class AnycastNodes {
  private readonly keys: string;
  private readonly espKeys: string;
  private readonly ask: KernelState;
  private readonly answer: KernelState;

  constructor(
    private readonly bench: Bench,
    private readonly world: AnycastWorld,
  ) {
    this.keys = bench.file("anycast-keys.yaml");
    const line = (name: string): string => `${name}: "${createHash("sha256").update(name).digest("hex")}"\n`;
    writeFileSync(this.keys, ["dns", "a", "b"].map(line).join(""), { mode: 0o600 });
    this.espKeys = bench.file("esp-keys.yaml");
    const both = { algorithms: ALGORITHMS[0], mode: "transport" } as const;
    this.ask = { ...both, src: CLIENT, dst: S.esp, spi: 0x2001 };
    this.answer = { ...both, src: U_ESP, dst: CLIENT, spi: 0x2002 };
    writeKeys(this.espKeys, [this.ask, this.answer]);
  }

  startClient(again?: Live): Promise<Live> {
    const client = [{ address: S.plain }, { address: S.keyed, key: this.key(1, "dns") }, { address: S.esp }];
    return startNode(
      this.bench,
      this.world.client,
      "client",
      {
        image: "anycast-client",
        ports: { eth: { interface: "eth0", address: `${CLIENT}/64` } },
        routes: [{ to: "::/0", via: "2001:db8:c::fe", port: "eth" }],
        application: { interface: TUN },
        anycast: { client },
        ipsec: this.ipsec("out"),
      },
      again,
    );
  }

  /** Serves and registers the first two addresses; server a the third as well, which the border knows by hand. */
  startServer(site: Site, again?: Live): Promise<Live> {
    const register = [
      { router: BORDER, key: this.key(site === "a" ? 11 : 12, site), lifetime: `${LIFETIME_S}s`, cost: COST[site] },
    ];
    const third = { address: S.esp, from: U_ESP };
    const addresses = [U[site], ...(site === "a" ? [U_ESP] : [])];
    return startNode(
      this.bench,
      this.world.servers[site],
      `server-${site}`,
      {
        image: "anycast-server",
        ports: { eth: { interface: "eth0", address: addresses.map((address) => `${address}/64`) } },
        routes: [{ to: "::/0", via: U[site].replace("::2", "::fe"), port: "eth" }],
        application: { interface: TUN },
        anycast: {
          server: [
            { address: S.plain, from: U[site], register },
            { address: S.keyed, from: U[site], keys: [this.key(1, "dns")], register },
            ...(site === "a" ? [third] : []),
          ],
        },
        ...(site === "a" ? { ipsec: this.ipsec("in") } : {}),
      },
      again,
    );
  }

  startBorder(again?: Live): Promise<Live> {
    const registration = [this.key(11, "a"), this.key(12, "b")];
    return startNode(
      this.bench,
      this.world.border,
      "border",
      {
        image: "boundary-router",
        profile: "pc",
        ports: {
          lan: { interface: "lan", address: `${BORDER}/64`, "duplicate-detection": false },
          out: { interface: "out", address: "2001:db8:e::1/64", "duplicate-detection": false },
        },
        routes: [
          { to: "2001:db8:a:1::/64", via: "2001:db8:a::a", port: "lan" },
          { to: "2001:db8:a:2::/64", via: "2001:db8:a::b", port: "lan" },
          { to: "::/0", via: "2001:db8:e::fe", port: "out" },
        ],
        anycast: {
          boundary: {
            inside: ["lan"],
            anycast: [
              { address: S.plain, "registration-keys": registration },
              { address: S.keyed, "registration-keys": registration, keys: [this.key(1, "dns")] },
              { address: S.esp },
            ],
            servers: [{ address: U_ESP, anycast: S.esp }],
          },
        },
      },
      again,
    );
  }

  /** Id, and name in the key file. */
  private key(id: number, name: string): AnycastKey {
    return { id, file: this.keys, name };
  }

  /** ESP for requests to `S.esp` and answers from `U_ESP`; `requests`: which way those go. Everything else passes. */
  private ipsec(requests: "in" | "out"): LiveNode["ipsec"] {
    const answers = requests === "out" ? "in" : "out";
    const policy = (name: string, direction: "in" | "out", { src, dst }: KernelState): object => {
      const [local, remote] = direction === "out" ? [src, dst] : [dst, src];
      return { name, direction, local, remote, action: "protect" };
    };
    return {
      default: "bypass",
      policies: [policy("ask", requests, this.ask), policy("answer", answers, this.answer)],
      associations: [
        association("ask", requests, this.ask, this.espKeys),
        association("answer", answers, this.answer, this.espKeys),
      ],
    } as LiveNode["ipsec"];
  }
}

/** Waits until the node's application has these addresses. */
export async function applications(node: Live, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const isIt = (e: { kindName: string; a: string }): boolean => e.kindName === "APPLICATION" && e.a === address;
    await node.find(`application address ${address}`, isIt, 10_000);
  }
}

/** Waits until this server is the nearest of an anycast address. */
export async function servedBy(border: Live, anycast: string, server: string, timeoutMs: number): Promise<void> {
  const isIt = (e: { kindName: string; a: string; b: string }): boolean =>
    e.kindName === "ANYCAST_NEAREST" && e.a === server && e.b === anycast;
  await border.find(`${server} nearest for ${anycast}`, isIt, timeoutMs);
}
