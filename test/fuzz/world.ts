import { parseIp4, parseIp6 } from "../../host-sim/core/address.js";

// The addresses of the network that the fuzzed images live in; the seeds use the same.

export const home = parseIp6("2001:db8:1::100");
export const agent = parseIp6("2001:db8:1::1");
/** Where the terminal visits. */
export const visited = parseIp6("2001:db8:2::");
export const visitedRouter = parseIp6("fe80::1");
export const visitedMac = Uint8Array.of(2, 0, 0, 0, 0, 0xaa);
/** Where a mobile node of the home agent visits. */
export const visitor = parseIp6("2001:db8:2::99");
export const correspondent = parseIp6("2001:db8:f::5");
/** A second home address, and the router's and the home agent's address on their second link. */
export const secondHome = parseIp6("2001:db8:1::101");
export const secondLink = parseIp6("2001:db8:3::1");
/** A host on that link. */
export const secondLinkHost = parseIp6("2001:db8:3::7");
export const application = { local4: parseIp4("10.0.0.1"), remote4: parseIp4("10.0.0.2") };
/** Virtual IPv4 addresses, and the name server with the one that stands for it. */
export const nameServer6 = parseIp6("2001:db8:f::53");
export const pool4 = parseIp4("10.0.0.0");
export const nameServer4 = parseIp4("10.0.0.53");
