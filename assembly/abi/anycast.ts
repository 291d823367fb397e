/** What a key of `Message.ANYCAST_KEY` is for, docs/anycast-identifier.md §2.1, §6. */
export enum AnycastKeyUse {
  /** Authenticators of requests and answers. */
  IDENTIFIER = 1,
  /** Registrations of servers with routers. */
  REGISTRATION = 2,
}
/** Status of a router's reply, docs/anycast-identifier.md §6. */
export enum RegistrationStatus {
  ACCEPTED = 0,
  EPOCH = 1,
  SEQUENCE = 2,
  NOT_AUTHORIZED = 3,
  CLAIMED = 4,
  FULL = 5,
}
/** Where a server stands with a router, docs/anycast-identifier.md §6; what is SILENT has no row. */
export enum RegistrationState {
  SILENT = 0,
  REGISTERING = 1,
  REGISTERED = 2,
  REFUSED = 3,
}
/** Steps of the first seed in traces: S101 is 2101, and so on. */
export enum AnycastStep {
  BASE = 2000,
}
