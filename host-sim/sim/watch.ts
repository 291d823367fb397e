/** How a run is watched from outside: traces, progress, measurements of other people. Nothing that a watcher does changes the run. */

/** A frame as it goes onto a link or through a port. `bytes` are only valid during the call. */
export interface WatchedFrame {
  timeUs: number;
  /** Name of the link, or `NODE app`, `NODE mirror`. */
  link: string;
  /** Who sends it and who will hear it; an application is `NODE app`. */
  from: string;
  receivers: string[];
  bytes: Uint8Array;
  /** 1 Ethernet, 101 IP. */
  linktype: number;
  port?: "application" | "mirror";
  /** Nobody will hear it. */
  lost?: boolean;
  /** Somebody made it up: no step of anybody's. */
  forged?: boolean;
  /** Step of the seeds, 0 for none. */
  step: number;
}

export interface Watcher {
  frame?(frame: WatchedFrame): void;
  /** A record of 48 bytes (assembly/abi/event.ts), only valid during the call. */
  event?(node: string, timeUs: number, record: DataView, offset: number): void;
}

export const LINKTYPE = { ETHERNET: 1, IP: 101 };
