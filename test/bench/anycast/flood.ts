import { imagePath } from "../build.js";
import { concat } from "../frames.js";
import { V8Subject } from "../v8.js";
import { APPLICATION, arriving, asked, CLIENT, CLIENT_IMAGE, LINK, nonceOf, request, SERVER } from "./client.js";
import { ANYCAST, datagram, type Form, identified } from "./setting.js";

/** A client that is flooded while it asks. */
export interface FloodReport {
  form: Form;
  forged: number;
  /** Of the forged ones, those that the application saw come from where it had asked. */
  forgedAccepted: number;
  genuine: number;
  genuineAccepted: number;
  /** Requests that wait before the first forged answer and do so behind the last. */
  waiting: number;
  stillWaiting: number;
  /** ns a forged answer, the making of them included. */
  nanoseconds: number;
}

const FORGED = 1_000_000;
const FORGED_A_REQUEST = 500;
const WAITING = 1000;
const SIZE = 128;
/** Client ports of the flood: none that waits already. */
const FIRST_PORT = 40000;
const PORTS = 20000;
const IMPOSTOR = concat(SERVER.subarray(0, 15), Uint8Array.of(0x66));

/**
 * Requests one after the other; to each come forged answers with its ports, and the genuine one at some place between them; those of a client with a key
 * from somebody on path: nonce and key id are right.
 */
export function measureFlood(form: "plain" | "authenticated"): FloodReport {
  const { tape, requests } = asked(form, WAITING);
  const subject = new V8Subject(imagePath(CLIENT_IMAGE));
  subject.replay(tape);
  const report = { form, forged: 0, forgedAccepted: 0, genuine: 0, genuineAccepted: 0 };
  let nanoseconds = 0;
  let state = 1;
  const below = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  /** Whoever has asked nothing, or is answered already, gets a stranger's datagram for what it is: a stranger's. */
  const accepted = (frame: Uint8Array) =>
    subject.exchange(LINK, frame).filter(({ port, frame }) => port === APPLICATION && isFrom(frame, ANYCAST)).length;
  while (report.forged < FORGED) {
    const port = FIRST_PORT + (report.genuine % PORTS);
    const [left] = subject.exchange(APPLICATION, request(port));
    const nonce = nonceOf(left.frame);
    const genuine = arriving(identified(datagram(SERVER, CLIENT, port, SIZE), form, nonce));
    const forgeries = forged(form, port, nonce);
    const at = below(FORGED_A_REQUEST + 1);
    const start = process.cpuUsage();
    for (let i = 0; i <= FORGED_A_REQUEST; i++) {
      if (i === at) {
        report.genuine++;
        report.genuineAccepted += accepted(genuine);
      }
      if (i === FORGED_A_REQUEST) break;
      report.forged++;
      report.forgedAccepted += accepted(forgeries[i % forgeries.length]);
    }
    const { user, system } = process.cpuUsage(start);
    nanoseconds += (user + system) * 1000;
  }
  const stillWaiting = requests.filter(({ port, nonce }) => {
    const answer = arriving(identified(datagram(SERVER, CLIENT, port, SIZE), form, nonce));
    return accepted(answer) === 1;
  }).length;
  return { ...report, waiting: WAITING, stillWaiting, nanoseconds: nanoseconds / (report.forged + report.genuine) };
}

function isFrom(packet: Uint8Array, source: Uint8Array): boolean {
  return Buffer.compare(packet.subarray(8, 24), source) === 0;
}

/** What impostors send. The plain form stops none that has ports and identifier right: there, all have one of them wrong. */
function forged(form: Form, port: number, nonce: Uint8Array): Uint8Array[] {
  const from = (source: Uint8Array, to: number) => datagram(source, CLIENT, to, SIZE);
  const guessed = identified(from(IMPOSTOR, port + 1), "plain");
  const bare = from(IMPOSTOR, port);
  if (form === "plain") return [guessed, bare].map(arriving);
  const good = identified(from(SERVER, port), form, nonce);
  const copied = good.slice();
  copied[copied.length - 1] ^= 1;
  const otherNonce = identified(
    from(SERVER, port),
    form,
    nonce.map((byte) => byte ^ 0xff),
  );
  const downgraded = identified(from(SERVER, port), "plain");
  return [guessed, bare, copied, otherNonce, downgraded, from(ANYCAST, port)].map(arriving);
}
