/** Names of the status values of mobility messages and of registrations of anycast servers. */
import { RegistrationStatus } from "../../assembly/abi/anycast.js";

/** RFC 6275 §6.1.8, RFC 3963 §4.2 (140-143). Below 128 the binding was accepted. */
const BINDING_ACKNOWLEDGEMENT: Record<number, string> = {
  0: "accepted",
  1: "accepted, prefix discovery necessary",
  128: "reason unspecified",
  129: "administratively prohibited",
  130: "insufficient resources",
  131: "home registration not supported",
  132: "not home subnet",
  133: "not home agent for this mobile node",
  134: "duplicate address detection failed",
  135: "sequence number out of window",
  136: "expired home nonce index",
  137: "expired care-of nonce index",
  138: "expired nonces",
  139: "registration type change disallowed",
  140: "mobile router operation not permitted",
  141: "invalid prefix",
  142: "not authorized for prefix",
  143: "forwarding setup failed",
  174: "invalid care-of address",
};

/** RFC 6275 §6.1.9. */
const BINDING_ERROR: Record<number, string> = {
  1: "unknown binding for home address option",
  2: "unrecognized mobility header type",
};

/** docs/anycast-identifier.md §6. */
export const REGISTRATION: Record<number, string> = {
  [RegistrationStatus.ACCEPTED]: "accepted",
  [RegistrationStatus.EPOCH]: "another epoch",
  [RegistrationStatus.SEQUENCE]: "sequence number used",
  [RegistrationStatus.NOT_AUTHORIZED]: "key not for this address",
  [RegistrationStatus.CLAIMED]: "server claimed",
  [RegistrationStatus.FULL]: "table full",
};

export function registrationStatusName(status: number): string {
  return REGISTRATION[status] ?? "unknown status";
}

export function baStatusName(status: number): string {
  return BINDING_ACKNOWLEDGEMENT[status] ?? (status < 128 ? "accepted, unknown status" : "refused, unknown status");
}

export function beStatusName(status: number): string {
  return BINDING_ERROR[status] ?? "unknown status";
}
