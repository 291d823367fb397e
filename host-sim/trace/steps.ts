/** Steps of the seeds, embodiments 1 and 2 (Figs 9, 10 and 12), by their numbers. The text of the seeds has no step 65. */
const STEPS: Record<number, string> = {
  60: "acknowledgement routine starts",
  61: "program chosen by its number",
  62: "status of the acknowledgement checked",
  63: "tunnel to the home agent set",
  64: "translation entry made or renewed",
  66: "tunnel set, nothing to translate",
  67: "discarded",
  501: "Binding Update to the home agent",
  502: "Binding Acknowledgement from the home agent",
  503: "binding update list entry made",
  504: "program number put in front of the acknowledgement",
  505: "program number taken off, program started",
  506: "IP-in-IP tunnel set",
  507: "translation entry made or renewed, virtual address on the application port",
  508: "correspondent sends to the home address",
  509: "home agent intercepts and tunnels to the care-of address",
  510: "outer source checked, outer header removed",
  511: "addresses translated, IPv6 to IPv4",
  512: "handed to the application",
  513: "application sends",
  514: "addresses translated, IPv4 to IPv6",
  515: "outer header added",
  516: "tunnelled to the home agent",
  517: "home agent removes the outer header and forwards",
};

/** The numbers that have a title, rising. */
export const STEP_NUMBERS: readonly number[] = Object.keys(STEPS).map(Number);

/** A short title; empty for a number that is not in embodiments 1 and 2. */
export function stepTitle(step: number): string {
  return STEPS[step] ?? "";
}
