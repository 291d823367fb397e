/** The rate that iperf3's receiver saw, bit/s, from the report of `iperf3 -J`. Throws with iperf3's own words. */
export function receivedRate(report: string): number {
  const { error, end } = JSON.parse(report) as {
    error?: string;
    end?: { sum_received?: { bits_per_second?: number } };
  };
  const rate = end?.sum_received?.bits_per_second;
  if (error || !rate) throw new Error(`iperf3: ${error ?? "no rate in its report"}`);
  return rate;
}

export const mbit = (rate: number): string => `${(rate / 1e6).toFixed(0)} Mbit/s`;
