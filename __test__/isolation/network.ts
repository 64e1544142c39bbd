import fs from "node:fs";
import os from "node:os";
import { type Attempt, refused } from "./attempt.js";
import type { Box } from "./box.js";
import { NAMESPACES } from "./mode.js";
import type { Place } from "./place.js";
import { isRoot } from "./program.js";
import { cleanEnv } from "../support/run-program.js";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { python, shell } from "./sandbox-program.js";

// What a sandbox reaches by its network.

const GATEWAY = `
      def gateway():
          with open("/proc/net/route") as table:
              for line in list(table)[1:]:
                  fields = line.split()
                  if fields[1] == "00000000": return socket.inet_ntoa(struct.pack("<I", int(fields[2], 16)))
          raise OSError(errno.ENETUNREACH, "no gateway")`;

/** Returns why what a network of its own prevents cannot be prevented here. */
function withoutOwnNetwork({ server }: Place): string | undefined {
  return server.isolatedNetwork ? undefined : "its user may not open /dev/net/tun, so sandboxes use the network of this machine";
}

const hosts = refused(NAMESPACES, {
  "connect to a port of the host's loopback interface": python`
      attempt(connect, ("127.0.0.1", int(os.environ["HOST_PORT"])), socket.AF_INET)`,
  "connect to a port of the host's loopback interface by version 6": python`
      attempt(connect, ("::ffff:127.0.0.1", int(os.environ["HOST_PORT"])), socket.AF_INET6)`,
  "connect to a port of the host's loopback interface by the address 0.0.0.0": python`
      attempt(connect, ("0.0.0.0", int(os.environ["HOST_PORT"])), socket.AF_INET)`,
  "connect to a port of the host's loopback interface by the gateway": python`${GATEWAY}
      attempt(lambda: connect((gateway(), int(os.environ["HOST_PORT"])), socket.AF_INET))`,
  "connect to the server itself": python`
      attempt(socket.create_connection, ("127.0.0.1", int(os.environ["SERVER_PORT"])), 5)`,
  "connect to the server itself by the gateway": python`${GATEWAY}
      attempt(lambda: socket.create_connection((gateway(), int(os.environ["SERVER_PORT"])), 5))`,
});

export const network: Attempt[] = [
  ...hosts.map((attempt) => ({ ...attempt, unavailable: withoutOwnNetwork })),
  {
    name: "take a port from another sandbox",
    modes: NAMESPACES,
    unavailable: withoutOwnNetwork,
    act: async ({ box, other }) => {
      const answers = await Promise.all([serveAndAsk(box, "one"), serveAndAsk(other, "two")]);
      return answers.join(", ");
    },
    gives: "one, two",
  },
  {
    name: "reach a server of another sandbox",
    modes: NAMESPACES,
    unavailable: withoutOwnNetwork,
    act: async ({ box, other }) => {
      await serve(other, 3001, "two");
      return box.runProgram(python`attempt(connect, ("127.0.0.1", 3001), socket.AF_INET)`);
    },
    gives: /^refused: \S+$/,
  },
  {
    name: "reach anything with networkBlockAll",
    modes: NAMESPACES,
    act: async (place) => {
      const box = await place.fresh({}, place.server, { networkBlockAll: true });
      const address = Object.values(os.networkInterfaces())
        .flat()
        .find((found) => found !== undefined && !found.internal && found.family === "IPv4")?.address;
      const targets = ["127.0.0.1", "1.1.1.1", "169.254.169.254", ...(address === undefined ? [] : [address])];
      const text = await box.runProgram(
        python`
          for address in ${JSON.stringify(targets)}: attempt(connect, (address, int(os.environ["HOST_PORT"])), socket.AF_INET)
          attempt(lambda: socket.create_connection(("example.com", 80), 5))`,
        place.facts(),
      );
      await box.delete();
      const through = text.split("\n").filter((line) => !line.startsWith("refused"));
      return `reached: ${through.join(", ")}`;
    },
    gives: "reached: ",
  },
  {
    // In a network of its own, where a service listens on the address that clouds give to their metadata.
    name: "reach the metadata of the machine by its link-local address",
    modes: ["namespaces, as root"],
    unavailable: () => (isRoot ? undefined : "only root can add an address"),
    needs: ["ip", "unshare"],
    act: (place) => Promise.resolve(askMetadata(place)),
    gives: /^the host: hello, a sandbox: refused: \S+$/,
  },
  {
    name: "see the sockets of the host",
    modes: NAMESPACES,
    unavailable: withoutOwnNetwork,
    act: async ({ box, outside }) => {
      const text = await box.run("cat /proc/net/unix");
      return `found: ${[outside.abstract, outside.socket].filter((name) => text.includes(name)).length}`;
    },
    gives: "found: 0",
  },
  {
    name: "see the addresses of other sandboxes and of the host's services",
    modes: NAMESPACES,
    unavailable: withoutOwnNetwork,
    act: async ({ box, outside, server }) => {
      const text = await box.runProgram(shell`cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp`);
      const ports = [outside.port, Number(new URL(server.apiUrl).port)].map((port) => port.toString(16).toUpperCase().padStart(4, "0"));
      return `found: ${ports.filter((port) => text.includes(`:${port} `)).length}`;
    },
    gives: "found: 0",
  },
];

/** Starts a server that sends a word to everyone who connects. */
function serve(box: Box, port: number, word: string): Promise<string> {
  return box.runProgram(python`
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try: listener.bind(("127.0.0.1", ${port}))
    except OSError as error:
        print("refused:", errno.errorcode[error.errno])
        sys.exit()
    listener.listen()
    go = detach()
    go()
    while True:
        client, _ = listener.accept()
        client.sendall(b"${word}")
        client.close()`);
}

async function serveAndAsk(box: Box, word: string): Promise<string> {
  const refusal = await serve(box, 3000, word);
  const answer = await box.runProgram(python`print(connect(("127.0.0.1", 3000), socket.AF_INET).decode())`);
  return refusal || answer;
}

function askMetadata(place: Place): string {
  const script = fileURLToPath(new URL("metadata.mjs", import.meta.url));
  const setUp = 'ip link set lo up && ip addr add 169.254.169.254/32 dev lo && exec "$@"';
  const temp = place.ownFolder();
  const command = ["--net", "sh", "-c", setUp, "sh", process.execPath, script, place.program];
  const { stdout, stderr } = spawnSync("unshare", command, { encoding: "utf8", timeout: 25_000, env: cleanEnv({ TMPDIR: temp }) });
  fs.rmSync(temp, { recursive: true, force: true });
  return stdout.trim() || stderr.trim();
}
