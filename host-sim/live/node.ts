/**
 * One node on real interfaces: its link ports are packet sockets or TAPs, its application port a TUN whose address, routes,
 * MTU and name servers are this host's while the core says so.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Event } from "../../assembly/abi/event.js";
import { Direction } from "../../assembly/abi/ipsec.js";
import { PortKind } from "../../assembly/abi/port.js";
import { formatIp4, formatIp6, formatMac, parseIp6, parseMac } from "../core/address.js";
import { writeFarewell } from "../core/anycast/messages.js";
import { compileNode } from "../core/config.js";
import { ConfigRefused, Core } from "../core/core.js";
import { loadImage } from "../core/image.js";
import { associationSettings } from "../core/ipsec/association.js";
import type { AssociationConfig, KeyReference } from "../core/ipsec/config.js";
import { associationKeys, exposedKeyFiles } from "../core/ipsec/keys.js";
import { Messages } from "../core/messages.js";
import { nodeKeys } from "../core/node-keys.js";
import { type PortNumbers, portNumbers } from "../core/plan.js";
import type { LiveNode as LiveConfig, PortConfig } from "../core/scenario.js";
import { ControlServer, controlPath, type Reply, type Request } from "./control-socket.js";
import type { Device } from "./device.js";
import { HostConfig, prepareLinkPort } from "./host-config.js";
import { Journal, journalPath } from "./journal.js";
import { SetupError } from "./libc.js";
import { Loop } from "./loop.js";
import { openPacketSocket } from "./packet-socket.js";
import { tables } from "./status.js";
import { StoreFile, storePath } from "./store-file.js";
import { openTap, openTun } from "./tun.js";

/** MTUs of a port of the core: RFC 8200 §5, and what its buffers hold. */
const SHORTEST_MTU = 1280;
const LONGEST_MTU = 1500;

const NO_SECURITY =
  "this home agent runs without IPsec (security: none): who can send it a Binding Update for a listed home address takes over its traffic";

export interface Observer {
  /** An event record of the core, 48 bytes at `offset`; valid during the call. Returns what watchers are sent. */
  event(record: DataView, offset: number): object;
  /** Something the user should know. */
  warn(sentence: string): void;
  /** The node has ended by itself, everything is taken back. */
  ended(sentence: string, exitCode: number): void;
}

interface Application {
  interface: string;
  number: number;
  host: HostConfig;
}

export class LiveNode {
  private readonly loop: Loop;
  private readonly links = new Map<string, { number: number; device: Device; mtu: number }>();
  private readonly core: Core;
  private application: Application | undefined;
  private control: ControlServer | undefined;
  private stopped = false;

  private constructor(
    readonly config: LiveConfig & { name: string },
    private readonly journal: Journal,
    private readonly store: StoreFile,
    private readonly observer: Observer,
  ) {
    this.core = new Core(loadImage(config.image, config.profile).module);
    this.loop = new Loop(
      this.core,
      store,
      (record, offset) => this.event(record, offset),
      (error) => this.end(`the core failed: ${error.message}`, 1),
    );
  }

  /** Brings the node up. Throws a SetupError where the host lacks something; nothing is left changed then. */
  static async start(config: LiveConfig & { name: string }, observer: Observer): Promise<LiveNode> {
    refuseExposedKeys(nodeKeys(config));
    const journal = Journal.open(journalPath(config.name), observer.warn);
    let store: StoreFile | undefined;
    let node: LiveNode | undefined;
    try {
      store = StoreFile.open(storePath(config.name));
      node = new LiveNode(config, journal, store, observer);
      node.openDevices();
      node.compile();
      node.control = await ControlServer.open(controlPath(config.name), (request) => node!.answer(request));
      return node;
    } catch (error) {
      if (node) node.stop();
      else {
        store?.close();
        journal.close(observer.warn);
      }
      throw error;
    }
  }

  /** `wlan0 on interface wlan0` for each link port, and the application's interface. */
  describe(): { ports: Record<string, string>; application?: string } {
    const ports = Object.fromEntries([...this.links].map(([name, { device }]) => [name, device.name]));
    return this.application ? { ports, application: this.application.interface } : { ports };
  }

  /** Ends the node and takes back what it changed on this host. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.sayFarewell();
    this.loop.stop();
    this.control?.close();
    this.journal.close(this.observer.warn);
    for (const { device } of this.links.values()) device.close();
    this.applicationDevice?.close();
    this.store.close();
  }

  /** Whoever counts on this node hears of its end, if the way there is known by now. */
  private sayFarewell(): void {
    if (!this.config.anycast) return;
    const farewell = new Messages();
    writeFarewell(farewell, this.config.anycast);
    try {
      this.loop.configure(farewell.bytes());
    } catch (error) {
      // A node that never came up, or failed, has said nothing that it would have to take back.
      if (!(error instanceof ConfigRefused || error instanceof WebAssembly.RuntimeError)) throw error;
    }
  }

  private applicationDevice: Device | undefined;

  private openDevices(): void {
    const numbers: PortNumbers = portNumbers(this.config, false);
    for (const [name, number] of numbers.links) {
      const device = this.openLink(name, this.config.ports![name], undefined);
      this.adopt(name, number, device);
    }
    if (numbers.application !== undefined) this.openApplication(numbers.application);
  }

  private openLink(name: string, port: PortConfig, mac: Uint8Array | undefined): Device {
    const device = this.openDevice(name, port, mac);
    if (device.mtu >= SHORTEST_MTU) return device;
    device.close();
    throw new SetupError(
      `interface ${device.name} has an MTU of ${device.mtu}, IPv6 needs ${SHORTEST_MTU}: "ip link set ${device.name} mtu 1500"`,
    );
  }

  private openDevice(name: string, port: PortConfig, mac: Uint8Array | undefined): Device {
    const own = mac ?? (port.mac ? parseMac(port.mac) : undefined);
    if (port.tap !== undefined) return openTap(port.tap);
    if (port.interface === undefined) throw new SetupError(`port ${name} names neither an interface nor a tap`);
    const device = openPacketSocket(port.interface, own);
    try {
      prepareLinkPort(port.interface, this.journal);
    } catch (error) {
      device.close();
      throw error;
    }
    return device;
  }

  /** The port's frames, carrier and end are those of `device` from now on. */
  private adopt(name: string, number: number, device: Device): void {
    this.links.set(name, { number, device, mtu: Math.min(device.mtu, LONGEST_MTU) });
    this.loop.attach(number, device);
    device.onGone((why) => {
      if (this.links.get(name)?.device === device) {
        this.end(`${why}: port ${name} has no link any more; create the interface again and restart`, 2);
      }
    });
  }

  private watchCarrier(number: number, device: Device): void {
    device.onCarrier((up) => {
      if (this.loop.device(number) === device) this.loop.configure(new Messages().link(number, up).bytes());
    });
  }

  private openApplication(number: number): void {
    const settings = this.config.application;
    const name = (typeof settings === "object" ? settings.interface : undefined) ?? this.config.name.slice(0, 15);
    const device = openTun(name);
    this.applicationDevice = device;
    this.application = {
      interface: name,
      number,
      host: new HostConfig(name, this.routes(), this.journal, this.observer.warn),
    };
    this.loop.attach(number, device);
    device.onGone((why) => this.end(`${why}: the application has no port any more; restart the node`, 2));
  }

  /** What the application reaches through the core: every virtual IPv4 address, and all of IPv6. */
  private routes(): string[] {
    const { pool4, pool6, table = {}, dns } = this.config.translation ?? {};
    if (pool6) return ["0.0.0.0/0", "::/0"];
    const hosts = [...Object.values(table), ...(dns ? [dns.address] : [])].map((address) => `${address}/32`);
    return [...(pool4 ? [pool4] : []), ...hosts, "::/0"];
  }

  private compile(): void {
    const { config } = this;
    const { messages } = compileNode(config, {
      entropy: randomBytes(32),
      secret: keptSecret(`${storePath(config.name)}.secret`),
      mac: (port) => this.links.get(port)!.device.mac ?? tapMac(config.name, port),
      mtu: (port) => config.ports![port].mtu ?? this.links.get(port)!.mtu,
      mirror: false,
      duplicateDetection: true,
      stored: [...this.store.records].map(([id, data]) => ({ id, data })),
      wallClockMs: Date.now(),
    });
    this.loop.configure(messages);
    for (const { number, device } of this.links.values()) this.watchCarrier(number, device);
  }

  /** The host follows first: who sees the event finds the address set. */
  private event(record: DataView, offset: number): void {
    const kind = record.getUint16(offset, true);
    try {
      if (kind === Event.APPLICATION) this.applicationEvent(record, offset);
      else if (kind === Event.DNS) {
        this.application?.host.setNameServers(versionOf(record, offset), [addressOf(record, offset)]);
      } else if (kind === Event.SECURITY_NONE) this.observer.warn(NO_SECURITY);
    } catch (error) {
      this.observer.warn((error as Error).message);
    }
    this.control?.publish(this.observer.event(record, offset));
  }

  private applicationEvent(record: DataView, offset: number): void {
    const version = versionOf(record, offset);
    const prefixLength = record.getUint32(offset + 40, true);
    const host = this.application?.host;
    if (!host) return;
    const address = addressOf(record, offset);
    if (prefixLength === 0) host.removeAddress(version, address);
    else {
      const mtu = record.getUint32(offset + 44, true);
      const served = this.config.anycast?.server ?? [];
      const anycast = version === 6 && served.some((one) => formatIp6(parseIp6(one.address)) === address);
      host.setAddress({ version, address, prefixLength, mtu, anycast });
    }
  }

  private answer(request: Request): Reply {
    try {
      switch (request.verb) {
        case "status":
          return { ok: true, ...this.status() };
        case "watch":
          return { ok: true };
        case "move":
          return this.move(request.interface, request.port);
        case "program":
          this.loop.configure(new Messages().program(request.number, request.on).bytes());
          return { ok: true };
        case "refresh":
          this.loop.configure(new Messages().refresh(parseIp6(request.homeAddress)).bytes());
          return { ok: true };
        case "trace":
          this.loop.configure(new Messages().trace(request.level).bytes());
          return { ok: true };
        case "associations":
          return { ok: true, associations: tables(this.loop.present()).associations ?? [] };
        case "add-association":
          return this.addAssociation(request.association);
        case "delete-association": {
          const direction = request.direction === "in" ? Direction.IN : Direction.OUT;
          this.loop.configure(new Messages().associationDelete(request.spi, direction).bytes());
          return { ok: true };
        }
        default:
          return { ok: false, error: `this node does not know the verb ${(request as { verb: string }).verb}` };
      }
    } catch (error) {
      if (error instanceof ConfigRefused) return { ok: false, error: `the core refused: ${error.message}` };
      return { ok: false, error: (error as Error).message };
    }
  }

  /** Its keys are read here, by who runs the node. */
  private addAssociation(association: AssociationConfig): Reply {
    const policies = this.config.ipsec?.policies ?? [];
    const policy = policies.find(({ name }) => name === association.policy);
    if (policy?.action !== "protect") {
      return { ok: false, error: `this node has no policy "${association.policy}" with action: protect` };
    }
    refuseExposedKeys(associationKeys([association]));
    const settings = associationSettings(
      association,
      policies.map(({ name }) => name),
    );
    this.loop.configure(new Messages().association(settings).bytes());
    return { ok: true };
  }

  private status(): object {
    const devices = [...this.links.values()].map(({ device }) => device);
    if (this.applicationDevice) devices.push(this.applicationDevice);
    return {
      node: this.config.name,
      image: this.config.image,
      uptimeS: Math.round(process.uptime()),
      devices: devices.map(({ name, counters }) => ({ interface: name, ...counters })),
      loop: { ...this.loop.counters },
      ...tables(this.loop.present()),
    };
  }

  /** Another interface takes the place of a link port's: the core sees its link go and another come. */
  private move(to: string, portName?: string): Reply {
    const name = portName ?? this.config["mobile-node"]?.port ?? [...this.links.keys()][0];
    const port = name === undefined ? undefined : this.links.get(name);
    if (!port) {
      return { ok: false, error: `no port ${name}; there are: ${[...this.links.keys()].join(", ")}` };
    }
    if (port.device.name === to) return { ok: false, error: `port ${name} is on interface ${to} already` };
    const fixed = this.config.ports![name].mac;
    const device = this.openLink(name, { interface: to }, fixed ? parseMac(fixed) : undefined);
    const old = port.device;
    this.adopt(name, port.number, device);
    old.close();
    const { mtu } = this.links.get(name)!;
    const mac = device.mac!;
    this.loop.configure(
      new Messages()
        .link(port.number, false)
        .port(port.number, PortKind.ETHER, mtu, mac)
        .link(port.number, false)
        .bytes(),
    );
    this.watchCarrier(port.number, device);
    return { ok: true, port: name, from: old.name, to, mac: formatMac(mac) };
  }

  private end(sentence: string, exitCode: number): void {
    if (this.stopped) return;
    this.stop();
    this.observer.ended(sentence, exitCode);
  }
}

/** A key that others may read protects nothing. Throws a SetupError. */
function refuseExposedKeys(references: KeyReference[]): void {
  const [file] = exposedKeyFiles(references);
  if (file !== undefined)
    throw new SetupError(`others than its owner may read the keys in ${file}: "chmod 600 ${file}"`);
}

const versionOf = (record: DataView, offset: number): 4 | 6 => (record.getUint16(offset + 2, true) === 4 ? 4 : 6);

/** Address a of an event whose code is the IP version. */
function addressOf(record: DataView, offset: number): string {
  const bytes = new Uint8Array(record.buffer, record.byteOffset + offset + 8, 16);
  return versionOf(record, offset) === 4 ? formatIp4(bytes) : formatIp6(bytes);
}

/** The secret of RFC 7217 §5: made at the first start, the same ever after. */
function keptSecret(path: string): Uint8Array {
  if (existsSync(path)) {
    const secret = readFileSync(path);
    if (secret.length === 32) return secret;
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const secret = randomBytes(32);
  writeFileSync(path, secret, { mode: 0o600 });
  return secret;
}

/** On a TAP the interface's own address is the kernel's at the other end: ours is locally administered, and stays. */
function tapMac(node: string, port: string): Uint8Array {
  const mac = Uint8Array.from(createHash("sha256").update(`${node}/${port}`).digest().subarray(0, 6));
  mac[0] = (mac[0] & 0xfc) | 0x02;
  return mac;
}
