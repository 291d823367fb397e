import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AddressState, Event } from "../../../assembly/abi/event.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { formatIp6 } from "../../../host-sim/core/address.js";
import { Core } from "../../../host-sim/core/core.js";
import { loadImage } from "../../../host-sim/core/image.js";
import { Messages } from "../../../host-sim/core/messages.js";
import type { Device } from "../../../host-sim/live/device.js";
import { Loop } from "../../../host-sim/live/loop.js";
import { tables } from "../../../host-sim/live/status.js";
import { StoreFile } from "../../../host-sim/live/store-file.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-loop-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** One end of a cable in memory. Frames arrive in a later turn, as from a kernel. */
class Plug implements Device {
  readonly name = "plug";
  readonly mtu = 1500;
  readonly counters = { received: 0, sent: 0, writeDrops: 0, readDrops: 0 };
  other: Plug | undefined;
  private callback: (frame: Uint8Array) => void = () => {};
  onFrame(callback: (frame: Uint8Array) => void): void {
    this.callback = callback;
  }
  onGone(): void {}
  onCarrier(): void {}
  close(): void {}
  write(frame: Uint8Array): void {
    const copy = frame.slice();
    setImmediate(() => this.other?.callback(copy));
  }
}

/** A host image in a loop of its own; its link-local address once it may be used. */
function host(number: number, plug: Plug): { loop: Loop; address: Promise<string>; failed: Error[] } {
  const failed: Error[] = [];
  let found: (address: string) => void = () => {};
  const address = new Promise<string>((resolve) => {
    found = resolve;
  });
  const loop = new Loop(
    new Core(loadImage("host").module),
    StoreFile.open(join(folder, `${number}.store`)),
    (record, at) => {
      const preferred = record.getUint16(at + 2, true) === AddressState.PREFERRED;
      const bytes = new Uint8Array(record.buffer, record.byteOffset + at + 8, 16);
      if (record.getUint16(at, true) === Event.ADDRESS && preferred) found(formatIp6(bytes));
    },
    (error) => failed.push(error),
  );
  loop.attach(0, plug);
  loop.configure(
    new Messages()
      .entropy(new Uint8Array(32).fill(number))
      .port(0, PortKind.ETHER, 1500, Uint8Array.of(2, 0, 0, 0, 0, number))
      .host(0, { autoconfigure: true, optimistic: true, secret: new Uint8Array(32).fill(number) })
      .bytes(),
  );
  return { loop, address, failed };
}

test("two cores over a cable run duplicate detection to its end in real time", { timeout: 20_000 }, async () => {
  const [a, b] = [new Plug(), new Plug()];
  a.other = b;
  b.other = a;
  const hosts = [host(1, a), host(2, b)];
  const addresses = await Promise.all(hosts.map(({ address }) => address));
  assert.notEqual(addresses[0], addresses[1]);
  for (const [i, { loop, failed }] of hosts.entries()) {
    assert.deepEqual(failed, []);
    const status = tables(loop.present());
    assert.deepEqual(
      status.addresses.map(({ address, state }) => [address, state]),
      [[addresses[i], "preferred"]],
    );
    assert.equal(status.ports[0].mac, `02:00:00:00:00:0${i + 1}`);
    loop.stop();
  }
});
