// Capacities and build-time constants. A board's image fits one 64 KiB page; the PC profile (`--use PROFILE_PC=1`) does not
// need to. `isDefined` is decided by the compiler.
export const PC: bool = isDefined(PROFILE_PC);

/** Version of the ABI: rises when a caller would have to change. */
export const ABI_VERSION: u32 = 1;

/** IP headers that one packet may fold or unfold, RFC 2473 §4.1.1 bounds the same recursion. */
export const MAX_LAYERS: i32 = 4;
/** Headers of all kinds that one received packet may have, tunnels included. */
export const MAX_HEADERS: i32 = 16;

/** Frame buffers and their size in bytes; see engine/packet.ts for what lies in one. */
export const BUFFERS: i32 = PC ? 512 : 12;
export const BUFFER_SIZE: i32 = 2048;

export const PORTS: i32 = PC ? 16 : 4;
export const ADDRESSES: i32 = PC ? 64 : 12;
export const NEIGHBOURS: i32 = PC ? 4096 : 16;
export const ROUTES: i32 = PC ? 4096 : 16;
export const GROUPS: i32 = PC ? 256 : 16;
export const PMTUS: i32 = PC ? 1024 : 8;
export const REASSEMBLIES: i32 = PC ? 32 : 3;
/** Bindings at one time, and the home addresses that may be listed or have left a sequence number. */
export const BINDINGS: i32 = PC ? 100000 : 32;
export const HOME_ADDRESSES: i32 = PC ? 131072 : 40;
export const HOME_AGENTS: i32 = PC ? 32 : 4;
export const TRANSLATIONS: i32 = PC ? 4096 : 32;
export const BINDING_UPDATES: i32 = PC ? 68 : 10;
/** Correspondents that a mobile node has to do with at one time, and mobile nodes that a correspondent has bindings of. */
export const RETURN_ROUTES: i32 = PC ? 64 : 8;
export const MOBILE_BINDINGS: i32 = PC ? 256 : 32;
export const TUNNELS: i32 = PC ? 16 : 4;
export const PROGRAMS: i32 = 16;
/** Security associations and policies, and 16-byte pieces of replay windows. */
export const ASSOCIATIONS: i32 = PC ? 4096 : 64;
export const POLICIES: i32 = PC ? 2048 : 24;
export const WINDOW_PIECES: i32 = PC ? 32768 : 64;
/** Anycast: keys, addresses that are asked or served, requests that wait for an answer, requests to be answered, routers that
 *  a server registers with, servers a router knows. */
export const ANYCAST_KEYS: i32 = PC ? 4096 : 6;
export const ANYCASTS: i32 = PC ? 256 : 4;
export const ANYCAST_REQUESTS: i32 = PC ? 4096 : 12;
export const ANYCAST_MEMORY: i32 = PC ? 4096 : 12;
export const ANYCAST_REGISTRATIONS: i32 = PC ? 256 : 4;
export const ANYCAST_SERVERS: i32 = PC ? 131072 : 32;
export const ADVERTISED_PREFIXES: i32 = PC ? 64 : 6;
/** What a host learns from advertisements: default routers, prefixes, name servers, redirected destinations. */
export const DEFAULT_ROUTERS: i32 = PC ? 16 : 4;
export const PREFIXES: i32 = PC ? 64 : 8;
export const NAME_SERVERS: i32 = 4;
export const REDIRECTS: i32 = 4;
export const EVENTS: i32 = PC ? 1024 : 40;
/** Bytes of one direction of the control buffer. */
export const CONTROL_SIZE: i32 = PC ? 16384 : 1536;
