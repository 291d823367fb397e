/** The rate that iperf3's receiver saw, bit/s, from the report of `iperf3 -J`. Throws with iperf3's own words. */
function receivedRate(report: string): number {
  const { error, end } = JSON.parse(report) as {
    error?: string;
    end?: { sum_received?: { bits_per_second?: number } };
  };
  const rate = end?.sum_received?.bits_per_second;
  if (error || !rate) throw new Error(`iperf3: ${error ?? "no rate in its report"}`);
  return rate;
}

/**
 * Moves 16 MB over TCP to `target` and 16 MB back; the two rates as text. `serve` starts `iperf3 -s -1` and answers when it listens:
 * a server that stays does not listen for a moment between two tests.
 */
export async function bothWays(
  target: string,
  serve: () => Promise<void>,
  client: (argv: string[]) => Promise<string>,
): Promise<string> {
  const rates: string[] = [];
  for (const direction of [[], ["-R"]]) {
    await serve();
    const rate = receivedRate(await client(["iperf3", "-6", "-c", target, "-n", "16M", "-J", ...direction]));
    rates.push(`${(rate / 1e6).toFixed(0)} Mbit/s`);
  }
  return `${rates[0]} there, ${rates[1]} back`;
}
