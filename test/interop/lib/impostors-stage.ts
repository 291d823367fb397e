import assert from "node:assert/strict";
import { ask } from "../../../host-sim/live/control-socket.js";
import {
  CLIENTS,
  gateway,
  impostorOn,
  impostorsWorld,
  LINKS,
  type NodeName,
  Nodes,
  S,
  U,
  type World,
} from "./impostors-world.js";
import type { Live } from "./live.js";
import { type Background, pause, until } from "./process.js";
import { SCRIPTS, Scapy } from "./scapy.js";
import type { Bench } from "./suite.js";

const PORT = 5300;

interface Heard {
  from: string;
  port: number;
  /** The application's own port. */
  at: number;
  data: string;
}

/** A question that the server's application has and has not answered yet. */
export interface Question {
  anycast: string;
  client: 0 | 1;
  /** Of the client; an echo has none. */
  port?: number;
  text: string;
}

/** What was dropped for which reason, by node: `client ANYCAST_FORM`. */
export type Drops = Map<string, number>;

/** World, nodes, applications and the impostor. The server's application answers when it is told to, so that every impostor is in time. */
export class Stage {
  readonly nodes = new Map<NodeName, Live>();
  private readonly clients: Background[] = [];
  private readonly servers = new Map<string, Background>();
  private questions = 0;

  private constructor(
    private readonly bench: Bench,
    readonly world: World,
    readonly make: Nodes,
    private readonly impostor: Scapy,
  ) {}

  static async set(bench: Bench, label: string, guarded: boolean): Promise<Stage> {
    // Where the nodes' control sockets are: they are asked from within this process.
    process.env.RUNTIME_DIRECTORY = bench.file("run");
    const world = await impostorsWorld(bench, label, guarded);
    const links = LINKS.map((link) => [link, { device: link, own: impostorOn(link), via: gateway(link) }] as const);
    const config = {
      links: Object.fromEntries(links),
      unicast: U,
      port: PORT,
      clients: CLIENTS,
      router: gateway("server"),
    };
    const impostor = Scapy.start(world.impostor, "impostors.py", [JSON.stringify(config)]);
    bench.atEnd(() => impostor.stop());
    const stage = new Stage(bench, world, new Nodes(bench, world), impostor);
    for (const name of guarded ? (["border", "far"] as const) : []) await stage.start(name);
    for (const name of ["server", "client", "inner"] as const) await stage.start(name);
    await impostor.next();
    for (const [i, ns] of world.clients.entries()) {
      stage.clients.push(await application(bench, ns, CLIENTS[i], 0));
    }
    return stage;
  }

  /** Starts a node; the server with its applications. */
  async start(name: NodeName): Promise<Live> {
    const live = await this.make.start(name, this.nodes.get(name));
    this.nodes.set(name, live);
    if (name !== "server") return live;
    for (const address of Object.values(S)) {
      await this.servers.get(address)?.stop();
      this.servers.set(address, await application(this.bench, this.world.server, address, PORT));
    }
    return live;
  }

  /** A genuine answer that leaves the server, and that the impostor (on path, at the client's link) keeps from arriving. */
  async withheld<T>(answering: () => T | Promise<T>): Promise<T> {
    const route = (what: "add" | "del") => this.world.internet.ip(`-6 route ${what} blackhole ${CLIENTS[0]}/128`);
    await route("add");
    try {
      const answer = await answering();
      await pause(150);
      return answer;
    } finally {
      await route("del");
    }
  }

  /** Has the impostor do something; how many packets it sent. */
  async play(name: string, more: object = {}, about?: Question): Promise<number> {
    const asked = about && { anycast: about.anycast, asked: about.port };
    this.impostor.send({ play: name, ...asked, ...more });
    const done = await this.impostor.next<{ packets?: number; hex?: string[]; error?: string }>();
    assert.ok(done.error === undefined, done.error);
    this.sent = done.hex ?? [];
    return done.packets ?? 0;
  }
  /** The first packets of the last play, in hexadecimal. */
  sent: string[] = [];

  /** Malformed headers of answers and of requests, and strange answers, by name. */
  async names(): Promise<Record<"answers" | "requests" | "strange", string[]>> {
    this.impostor.send({ play: "names" });
    const names = await this.impostor.next<Record<"answers" | "requests" | "strange", string[]>>();
    await this.impostor.next();
    return names;
  }

  /** The client asks, out of a new socket or the last one (`again`); answers when the server's application has the question. */
  async ask(anycast: string, client: 0 | 1 = 0, again = false): Promise<Question> {
    const text = `question ${this.questions++}`;
    this.clients[client].write(`${JSON.stringify({ to: [anycast, PORT], data: text, again })}\n`);
    const heard = await this.arrival(this.servers.get(anycast)!, `"${text}"`, 3000);
    assert.equal(heard.from, CLIENTS[client]);
    return { anycast, client, port: heard.port, text };
  }

  /** Has the server's application answer, and does not wait. */
  answer({ anycast, client, port, text }: Question): string {
    const data = `answer to ${text}`;
    this.servers.get(anycast)!.write(`${JSON.stringify({ to: [CLIENTS[client], port], data })}\n`);
    return data;
  }

  /** The genuine answer is given and arrives, from the address that was asked. */
  async arrives(question: Question): Promise<void> {
    await this.accepted(question, this.answer(question));
  }

  /** The client's application takes this for the answer. */
  async accepted({ anycast, client, port }: Question, data: string): Promise<void> {
    const { from, at } = await this.arrival(this.clients[client], JSON.stringify(data), 3000);
    assert.deepEqual([from, at], [anycast, port]);
  }

  /** Everything that the client's application has taken with this text. */
  taken(client: 0 | 1, text: string): Heard[] {
    return this.clients[client].lines.filter((line) => line.includes(text)).map((line) => JSON.parse(line));
  }
  /** What the server's application was asked with this text. */
  asked(anycast: string, text: string): Heard[] {
    return this.servers
      .get(anycast)!
      .lines.filter((line) => line.includes(text))
      .map((line) => JSON.parse(line));
  }

  async drops(): Promise<Drops> {
    const found: Drops = new Map();
    for (const [name, live] of this.nodes) {
      const { drops } = (await ask(live.name, { verb: "status" })) as { drops?: Record<string, number> };
      for (const [reason, n] of Object.entries(drops ?? {})) found.set(`${name} ${reason}`, n);
    }
    return found;
  }

  /** Waits until `fate` was counted `times` more often than in `before`, and nothing else was. */
  async counted(before: Drops, fate: string, times: number): Promise<void> {
    let more: Record<string, number> = {};
    const all = async (): Promise<boolean> => {
      more = difference(before, await this.drops());
      return (more[fate] ?? 0) >= times;
    };
    await until(fate, all, 3000, 30).catch((error: Error) => {
      throw new Error(`${error.message}; counted ${JSON.stringify(more)}; sent ${this.sent[0]}`);
    });
    assert.deepEqual(more, { [fate]: times }, `sent ${this.sent[0]}`);
  }

  private async arrival(process: Background, text: string, timeoutMs: number): Promise<Heard> {
    const pattern = new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return JSON.parse(await process.line(pattern, timeoutMs));
  }

  async end(): Promise<void> {
    for (const process of [...this.clients, ...this.servers.values()]) await process.stop();
    await this.impostor.stop();
    for (const live of this.nodes.values()) await live.stop();
  }
}

/** On a hub everybody hears what is for others. */
const OVERHEARD = / (ND_.*|NOT_FOR_US)$/;

/** What was counted more often. */
export function difference(before: Drops, after: Drops): Record<string, number> {
  const more = [...after].map(([key, n]) => [key, n - (before.get(key) ?? 0)] as const);
  return Object.fromEntries(more.filter(([key, n]) => n > 0 && !OVERHEARD.test(key)));
}

async function application(bench: Bench, ns: World["server"], address: string, port: number): Promise<Background> {
  const process = ns.start(["/usr/bin/python3", "-u", `${SCRIPTS}/datagrams.py`, address, `${port}`]);
  bench.atEnd(() => process.stop());
  await process.line(/"ready"/, 10_000);
  return process;
}
