/**
 * What a home agent does with Binding Updates, RFC 6275 §9.5.1, §10.3, as plainly as it can be said: one object a home address, no
 * table, no timer. The core's roles/home-agent is compared with it.
 */

/** A Binding Update that passed the checks of its bytes. Times in ms, lifetimes in units of 4 s. */
export interface Update {
  home: string;
  source: string;
  careOf: string;
  /** With a Home Address option; without one it came from the home address. */
  option: boolean;
  sequence: number;
  lifetime: number;
  ack: boolean;
  homeRegistration: boolean;
}
export interface Ack {
  to: string;
  home: string;
  status: number;
  sequence: number;
  lifetime: number;
}
interface Registration {
  careOf: string;
  lifetime: number;
  expires: number;
}
interface Home {
  sequence?: number;
  bound?: Registration;
  probing?: { careOf: string; lifetime: number; ack: boolean; ends: number };
  /** An acknowledgement that waits for the record. */
  waiting?: Ack;
  ackTo: string;
}
type Kept = Pick<Home, "sequence" | "bound">;

export class ReferenceAgent {
  private homes = new Map<string, Home>();
  private disk = new Map<string, Kept>();
  /** Records taken and not yet safe: the newest of each home address. */
  private taken = new Map<string, Kept>();
  acks: Ack[] = [];

  constructor(
    private readonly listed: readonly string[],
    private readonly onHomePrefix: (address: string) => boolean,
    private readonly longest: number,
    private readonly dadMs: number,
    public keeping = true,
  ) {
    for (const home of listed) this.homes.set(home, { ackTo: "" });
  }
  update(u: Update, now: number): void {
    const leaving = u.lifetime === 0 || u.careOf === u.home;
    const known = this.homes.get(u.home);
    if (!u.option && !leaving) return;
    if (!u.homeRegistration && !known?.bound) return;
    if (!this.onHomePrefix(u.home)) this.refuse(u, 132, u.sequence);
    else if (!known) this.refuse(u, 129, u.sequence);
    else if (known.sequence === undefined || after(u.sequence, known.sequence)) this.accept(u, known, leaving, now);
    else if (u.sequence !== known.sequence || !(known.probing || known.waiting)) this.refuse(u, 135, known.sequence);
  }
  /** The sequence number is used up, whatever follows. */
  private accept(u: Update, known: Home, leaving: boolean, now: number): void {
    known.sequence = u.sequence;
    known.ackTo = u.source;
    const { careOf, ack } = u;
    const lifetime = Math.min(u.lifetime, this.longest);
    if (!u.homeRegistration) this.decide(u.home, known, 139, ack);
    else if (leaving) {
      const was = known.bound ?? known.probing;
      known.bound = undefined;
      known.probing = undefined;
      this.decide(u.home, known, was ? 0 : 133, ack);
    } else if (known.probing) known.probing = { ...known.probing, careOf, lifetime, ack };
    else if (!known.bound && this.dadMs > 0) known.probing = { careOf, lifetime, ack, ends: now + this.dadMs };
    else {
      known.bound = { careOf, lifetime, expires: now + lifetime * 4000 };
      this.decide(u.home, known, 0, ack);
    }
  }
  /** Somebody on the home link has the home address. */
  conflict(home: string): void {
    const known = this.homes.get(home);
    if (!known?.probing) return;
    const { ack } = known.probing;
    known.probing = undefined;
    this.decide(home, known, 134, ack);
  }
  /** Everything that time brought up to `now`. */
  advance(now: number): void {
    for (const [home, known] of this.homes) {
      if (known.probing && known.probing.ends <= now) {
        const { careOf, lifetime, ack, ends } = known.probing;
        known.probing = undefined;
        known.bound = { careOf, lifetime, expires: ends + lifetime * 4000 };
        this.decide(home, known, 0, ack);
      }
      if (known.bound && known.bound.expires <= now) {
        known.bound = undefined;
        this.record(home, known);
      }
    }
  }
  /** Records taken so far are safe: what waited for them is said. */
  keep(): void {
    for (const [home, kept] of this.taken) {
      this.disk.set(home, kept);
      const known = this.homes.get(home);
      if (!known?.waiting || known.probing) continue;
      this.acks.push(known.waiting);
      known.waiting = undefined;
    }
    this.taken.clear();
  }
  /** Power gone; bindings that were kept live for their whole lifetime from `now` on. */
  reboot(now: number): void {
    this.taken.clear();
    for (const home of this.listed) {
      const kept = this.disk.get(home);
      const bound = kept?.bound && { ...kept.bound, expires: now + kept.bound.lifetime * 4000 };
      this.homes.set(home, { sequence: kept?.sequence, bound, ackTo: "" });
    }
  }
  /** Home address, care-of address, sequence number and end of each binding, sorted. */
  bindings(): [string, string, number, number][] {
    return [...this.homes]
      .flatMap(([home, k]): [string, string, number, number][] =>
        k.bound ? [[home, k.bound.careOf, k.sequence ?? -1, k.bound.expires]] : [],
      )
      .sort();
  }
  private refuse(u: Update, status: number, sequence: number): void {
    this.acks.push({ to: u.source, home: u.home, status, sequence, lifetime: 0 });
  }
  private decide(home: string, known: Home, status: number, ack: boolean): void {
    const lifetime = status < 128 ? (known.bound?.lifetime ?? 0) : 0;
    const said = { to: known.ackTo, home, status, sequence: known.sequence ?? -1, lifetime };
    known.waiting = ack || status >= 128 ? said : undefined;
    this.record(home, known);
  }
  private record(home: string, known: Home): void {
    this.taken.set(home, { sequence: known.sequence, bound: known.bound && { ...known.bound } });
    if (this.keeping) this.keep();
  }
}
/** a after b modulo 2^16, less than 32768 ahead. */
function after(a: number, b: number): boolean {
  const ahead = (a - b) & 0xffff;
  return ahead > 0 && ahead < 32768;
}
