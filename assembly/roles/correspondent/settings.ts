import { Message, Refusal } from "../../abi/message";
import { drbgReady, drbgSeed } from "../../crypto/drbg";
import { now } from "../../engine/clock";
import { onControl } from "../../engine/control";
import { onEntropy } from "../../engine/entropy";
import { AddressFlag, ownAddress } from "../../tables/addresses";
import { startNonces } from "./nonces";

// Message.CORRESPONDENT, and what bounds the answers to strangers.

/** MAX_RR_BINDING_LIFETIME, RFC 6275 §12, in units of 4 s. */
const LONGEST: u32 = 105;
/** Answers to what nobody has proved yet: a token each EVERY_MS, at most BURST at once. */
const EVERY_MS: u64 = 10;
const BURST: u64 = 32;
let on: bool = false;
let started: bool = false;
let longest: u32 = LONGEST;
let tokens: u64 = BURST;
let filled: u64 = 0;

export function attachSettings(): void {
  onEntropy(drbgSeed);
  onControl(Message.CORRESPONDENT, correspondent);
}
export function isOn(): bool {
  return on;
}
/** Units of 4 s. */
export function longestLifetime(): u32 {
  return longest;
}
function correspondent(at: usize, len: i32): Refusal {
  if (len != 4) return Refusal.BAD_LENGTH;
  const wanted = load<u16>(at, 2);
  if (load<u8>(at) > 1) return Refusal.BAD_VALUE;
  const turnOn = load<u8>(at) == 1;
  // Without entropy everybody would know the keys.
  if (turnOn && (wanted == 0 || !drbgReady())) return Refusal.BAD_VALUE;
  on = turnOn;
  if (!on) return Refusal.NONE;
  longest = min(<u32>wanted, LONGEST);
  if (!started) startNonces();
  started = true;
  return Refusal.NONE;
}
/** An address of ours that mobile nodes may speak with: of one node, not of one link. */
export function isServed(a: usize): bool {
  const own = ownAddress(a);
  return own != null && (own.flags & AddressFlag.ANYCAST) == 0;
}
/** May a stranger be answered now? */
export function mayAnswer(): bool {
  const earned = (now() - filled) / EVERY_MS;
  if (earned > 0) {
    filled = now();
    tokens = min(tokens + earned, BURST);
  }
  if (tokens == 0) return false;
  tokens--;
  return true;
}
