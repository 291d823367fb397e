import assert from "node:assert/strict";
import { test } from "node:test";
import { AlarmClock } from "../../../host-sim/boards/alarm-clock.js";
import { TwoConsoles } from "../../../host-sim/boards/two-consoles.js";

test("each line is told once: by the serial line until USB begins, which says all again, then by USB", () => {
  const told: string[] = [];
  const consoles = new TwoConsoles((text) => told.push(text));
  const usb = (text: string) => consoles.usb(Buffer.from(text));
  consoles.serial("one");
  consoles.serial("two");
  usb("one\r\ntw");
  usb("o\nthree\nfour\n");
  consoles.serial("three");
  assert.deepEqual(told, ["one", "two", "three", "four"]);
});

test("last words that only the serial line had are told when the board starts again", () => {
  const told: string[] = [];
  const consoles = new TwoConsoles((text) => told.push(text));
  consoles.usb(Buffer.from("one\ntwo\n"));
  consoles.serial("two");
  consoles.serial("fault at 10000000");
  consoles.reset();
  consoles.serial("one");
  assert.deepEqual(told, ["one", "two", "fault at 10000000", "one"]);
});

test("alarms fire in order of time, those of one time as they were set, and what they set in between too", () => {
  const clock = new AlarmClock();
  const fired: string[] = [];
  const note = (name: string) => () => void fired.push(`${name} ${clock.nanos}`);
  clock.after(30, note("c"));
  clock.after(10, note("a"));
  clock.after(10, () => {
    note("b")();
    clock.after(0, note("at once"));
    clock.after(5, note("soon"));
  });
  const cancelled = clock.createAlarm(note("never"));
  cancelled.schedule(20);
  cancelled.cancel();
  const moved = clock.createAlarm(note("moved"));
  moved.schedule(5);
  moved.schedule(25);
  assert.equal(clock.nextNanos, 10);
  clock.advance(26);
  assert.deepEqual(fired, ["a 10", "b 10", "at once 10", "soon 15", "moved 25"]);
  assert.equal(clock.nextNanos, 30);
  clock.advance(30);
  assert.equal(fired.at(-1), "c 30");
  assert.equal(clock.nextNanos, Number.POSITIVE_INFINITY);
});
