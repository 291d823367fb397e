import { chmodSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Namespace } from "./netns.js";
import type { Bench } from "./suite.js";
import { unpacked } from "./unpacked.js";

const PACKAGE = "systemd-resolved";
export const DAEMON = "/lib/systemd/systemd-resolved";

/** Everybody may own and call everything: the bus of one namespace. */
const BUS = (
  socket: string,
): string => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
`;

/**
 * Bus and daemon see a /run of their own, and a user of the daemon's name, which it becomes. Arguments: that user and group as lines
 * of the tables, the bus's configuration, its socket, the daemon.
 */
const START = `
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/resolve
for table in passwd group; do
  { cat /etc/$table; grep -q ^systemd-resolve: /etc/$table || echo "$1" | sed -n "s/^$table //p"; } > /run/$table
  mount --bind /run/$table /etc/$table
  shift
done
chown systemd-resolve:systemd-resolve /run/systemd/resolve
dbus-daemon --config-file="$1" --nofork > /dev/null 2>&1 &
until [ -S "$2" ]; do sleep 0.05; done
exec "$3"
`;

/**
 * Runs systemd-resolved with a message bus of its own in a network namespace, without systemd. Answers the environment in which
 * programs there find \`resolvectl\` and the bus.
 */
export async function startResolved(bench: Bench, ns: Namespace): Promise<Record<string, string>> {
  const socket = bench.file("bus");
  chmodSync(bench.folder, 0o711); // the daemon is not root
  writeFileSync(bench.file("bus.conf"), BUS(socket));
  const environment = {
    DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}`,
    PATH: `${dirname(unpacked(PACKAGE, "/usr/bin/resolvectl"))}:${process.env.PATH}`,
  };
  const users = ["passwd systemd-resolve:x:995:995::/:/usr/sbin/nologin", "group systemd-resolve:x:995:"];
  const words = [...users, bench.file("bus.conf"), socket, unpacked(PACKAGE, DAEMON)];
  const daemon = ns.start(["unshare", "-m", "bash", "-ec", START, "bash", ...words], environment);
  bench.atEnd(() => daemon.stop());
  await daemon.line(/Using system hostname/, 10_000);
  return environment;
}
