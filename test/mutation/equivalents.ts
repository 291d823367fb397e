/** A change that no caller can notice. */
export interface Equivalent {
  file: string;
  /** The source line, trimmed: line numbers move. */
  line: string;
  change: string;
  /** Why nobody can notice. */
  reason: string;
}

/** Changes proven to make no difference; they do not count. One that is killed after all, or whose line is gone, is an error. */
export const equivalents: readonly Equivalent[] = [
  {
    file: "assembly/wire/mh.ts",
    line: "store<u8>(p, 0, 9);",
    change: "nothing is stored",
    reason: "Mh.begin, which comes before each Binding Update's body, fills the header with zeros",
  },
  {
    file: "assembly/wire/mh.ts",
    line: "store<u8>(p, <u8>flags, 7);",
    change: "nothing is stored",
    reason: "every caller asks for no flags, and Mh.begin filled the header with zeros",
  },
  {
    file: "assembly/roles/home-agent/registration.ts",
    line: "const ours = asked < longestLifetime() ? asked : longestLifetime();",
    change: "< unsigned becomes <= unsigned",
    reason: "the smaller of two numbers; when they are equal, either is it",
  },
  {
    file: "assembly/roles/translation/icmp-map.ts",
    line: "const least: u32 = mtu < 1280 ? 1280 : mtu < mtu6 ? mtu : mtu6;",
    change: "< unsigned becomes <= unsigned",
    reason: "the smaller of two numbers, or 1280 for 1280; a port's MTU is never less",
  },
  {
    file: "assembly/tables/addresses.ts",
    line: "if (r.state == AddressState.PREFERRED) score += 0x800;",
    change: "2048 becomes 2049",
    reason:
      "all preferred addresses gain the same, and stay above all others: 0x400, 0x200, 0x100 and 128 together are less",
  },
];
