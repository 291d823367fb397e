import { Message, Refusal } from "../../abi/message";
import { PROGRAMS } from "../../base/config";
import { Changed, onChanged } from "../../engine/changed";
import { onControl, onQuery, replyRow } from "../../engine/control";
import { Chain, Door, on, onChain, Stage } from "../../engine/doors";
import { Address, firstAddress, nextAddress } from "../../tables/addresses";
import { findProgram, program, putProgram } from "../../tables/policy";
import { completeTable } from "./choose";
import { hand, passOn } from "./native";
import { acknowledged, chooseAgain, useAtHome } from "./routine60";
import { followTunnels, fromHome, intoTunnel, outOfTunnel, toHome } from "./tunnel";

// Scenario processing part 23 of the seeds with policy table 220, and the packet path of part 24.
//   s3.ts         format S3: the added UDP header      routine60.ts   BA routine 60, steps 61-67, 81-85, 91-94
//   choose.ts     which program an acknowledgement starts
//   tunnel.ts     steps 509-516: the data              native.ts      programs 10001, 11000, 11001: no translation
// A program is whatever stands at Door.PROGRAM under its number: it becomes a row of the table without an edit here. The
// figure's rows that nobody serves in an image can be switched, but never fit.

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  putProgram(10000);
  putProgram(10001);
  putProgram(10010);
  putProgram(10011);
  putProgram(11000);
  putProgram(11001);
  putProgram(10100);
  putProgram(10200);
  putProgram(10300);
  on(Door.PROGRAM, 10001, passOn);
  on(Door.PROGRAM, 11000, hand);
  on(Door.PROGRAM, 11001, hand);
  onChain(Chain.ACKNOWLEDGED, Stage.PROGRAM, acknowledged);
  onChain(Chain.SEND, Stage.TUNNEL, intoTunnel);
  onChain(Chain.TUNNEL, Stage.TUNNEL, outOfTunnel);
  onChain(Chain.APP_IN, Stage.POLICY, fromHome);
  onChain(Chain.APP_OUT, Stage.POLICY, toHome);
  onControl(Message.PROGRAM, switchProgram);
  onQuery(Message.PROGRAMS, programs);
  onChanged(settled);
}
let switched: bool = false;

function settled(what: Changed, _port: u32, _at: usize): void {
  if (what == Changed.CONFIGURED) {
    if (switched) chooseAgain();
    switched = false;
    followTunnels();
  } else if (what != Changed.ADDRESS_READY && what != Changed.ADDRESS_OPTIMISTIC && what != Changed.BINDING) return;
  for (let p = firstAddress(); p != 0; p = nextAddress(p)) useAtHome(changetype<Address>(p));
}
/** Message.PROGRAM: a row of table 220 goes on or off. Takes effect with the rest of the configuration. */
function switchProgram(at: usize, len: i32): Refusal {
  if (len != 4) return Refusal.BAD_LENGTH;
  const number = <u32>load<u16>(at);
  const wanted = load<u16>(at, 2);
  if (number == 0 || wanted > 1) return Refusal.BAD_VALUE;
  completeTable();
  const row = findProgram(number);
  if (!row) return Refusal.BAD_VALUE;
  row.on = wanted;
  switched = true;
  return Refusal.NONE;
}
/** Message.PROGRAMS. A row: {u16 number, u16 on}. */
function programs(from: i32): void {
  completeTable();
  for (let i = from; i < PROGRAMS; i++) {
    if (program(i).number == 0) continue;
    const to = replyRow(Message.PROGRAMS, 4, i);
    if (to == 0) return;
    store<u16>(to, program(i).number);
    store<u16>(to, program(i).on, 2);
  }
}
