import fs from "node:fs";
import { type Attempt, refused } from "./attempt.js";
import { EVERY, ISOLATED, LANDLOCK, NAMESPACES } from "./mode.js";
import type { Place } from "./place.js";
import { python, shell } from "./sandbox-program.js";

// What belongs to other processes: those that guard the sandbox, those of other sandboxes and those of the host.

const guards = refused(ISOLATED, {
  "trace PID 1": python`attempt(call, "ptrace", 16, 1, 0, 0)`,
  "seize PID 1": python`attempt(call, "ptrace", 0x4206, 1, 0, 0)`,
  "write to the memory of PID 1": python`attempt(lambda: os.close(os.open("/proc/1/mem", os.O_RDWR)))`,
  "write to the memory of PID 1 by a system call": python`
    space = ctypes.create_string_buffer(8)
    vector = struct.pack("PN", ctypes.addressof(space), 8)
    attempt(call, "process_vm_writev", 1, vector, 1, vector, 1, 0)`,
  "list the descriptors of PID 1": python`attempt(os.listdir, "/proc/1/fd")`,
  "take a descriptor of PID 1": python`attempt(lambda: call("pidfd_getfd", call("pidfd_open", 1, 0), 1, 0))`,
  "read the environment of PID 1": python`
    try: data = read("/proc/1/environ")
    except OSError as error: print("refused:", errno.errorcode[error.errno])
    else: print("went through:" if data else "refused: nothing")`,
  "enter the root of PID 1": python`attempt(os.listdir, "/proc/1/root/")`,
  "raise the limits of PID 1": python`
    import resource
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    attempt(resource.prlimit, 1, resource.RLIMIT_NOFILE, (hard + 1, hard + 1))`,
});

/** The pid of the server means another process, or none, in a namespace. */
const signals = refused(LANDLOCK, {
  "signal the server": python`attempt(os.kill, int(os.environ["SERVER_PID"]), 0)`,
  "trace the server": python`attempt(call, "ptrace", 16, int(os.environ["SERVER_PID"]), 0, 0)`,
  "read the server's memory": python`attempt(lambda: os.close(os.open(f"/proc/{os.environ['SERVER_PID']}/mem", os.O_RDONLY)))`,
});

const others: Attempt[] = [
  {
    name: "end PID 1",
    modes: ISOLATED,
    act: async ({ box }) => {
      await box.run("kill -9 1; kill -TERM 1; kill -STOP 1");
      return box.run("echo answers");
    },
    gives: "answers",
  },
  {
    name: "end every process that can be signalled",
    modes: ISOLATED,
    isDestructive: true,
    act: (place) => endAll(place, "kill -9 -1"),
    gives: "other: answers, own: answers",
  },
  {
    name: "stop every process that can be signalled",
    modes: ISOLATED,
    isDestructive: true,
    act: (place) => endAll(place, "kill -STOP -1"),
    gives: "other: answers, own: answers",
  },
  {
    name: "see processes of the host",
    modes: NAMESPACES,
    act: python`
      lines = [read(f"/proc/{pid}/cmdline").replace(b"\0", b" ").decode().strip() for pid in processes() if pid != 1]
      print("foreign:", *[line for line in lines if any(word in line for word in ("sandbox-init", "janitor", "--json", "vitest"))])`,
    gives: "foreign:",
  },
  {
    name: "read the environment of other processes",
    modes: ISOLATED,
    act: async (place) => {
      const found = await place.box.run(`grep -alE 'SECRET=' /proc/[0-9]*/environ 2>/dev/null; true`);
      return `found: ${found}`.trim();
    },
    gives: "found:",
  },
  {
    name: "find the paths of sockets of other sandboxes",
    modes: ISOLATED,
    act: python`
      texts = [read("/proc/net/unix")] if os.access("/proc/net/unix", os.R_OK) else []
      for pid in processes():
          try: texts.append(read(f"/proc/{pid}/cmdline"))
          except OSError: pass
      with open("/proc/net/unix") as table: texts.append(table.read().encode())
      wanted = [os.environ["OTHER"], *filter(None, os.environ["TOOLBOX_SOCKETS"].split(":"))]
      print("found:", *sorted({text for text in wanted if any(text.encode() in each for each in texts)}))`,
    gives: "found:",
  },
  {
    // The attacker is told where the sockets lie.
    name: "run a command in another sandbox through its toolbox",
    modes: ISOLATED,
    act: python`
      import glob
      body = b'{"command":"echo $SECRET"}'
      request = b"POST /process/execute HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n" \
          b"content-length: %d\r\n\r\n%s" % (len(body), body)
      candidates = set(filter(None, os.environ["TOOLBOX_SOCKETS"].split(":")))
      candidates |= set(glob.glob(os.environ["SERVER_TEMP"] + "/**/*", recursive=True))
      with open("/proc/net/unix") as table:
          names = [line.split()[7] for line in table if len(line.split()) > 7]
      candidates |= {"\0" + name[1:] if name.startswith("@") else name for name in names if os.environ["OTHER"] in name or "daytona" in name}
      ran = []
      for candidate in candidates:
          with socket.socket(socket.AF_UNIX) as client:
              client.settimeout(3)
              try:
                  # Longer paths than the kernel takes, by a descriptor of the folder.
                  if candidate.startswith("/"):
                      folder = os.open(os.path.dirname(candidate), os.O_PATH)
                      client.connect(f"/proc/self/fd/{folder}/{os.path.basename(candidate)}")
                  else: client.connect(candidate)
                  client.sendall(request)
                  answer = b""
                  while chunk := client.recv(4096): answer += chunk
              except OSError: continue
              if b" 200 " in answer[:20] and b"exitCode" in answer: ran.append(candidate)
      print("ran commands by:", *ran)`,
    gives: "ran commands by:",
  },
  ...refused(ISOLATED, {
    "list the files of another sandbox": python`
      paths = [path for path in os.environ["OTHER_FILES"].split(":") if path]
      attempt(lambda: [os.listdir(path) for path in paths])`,
    "list the server's folder": python`attempt(os.listdir, os.environ["SERVER_TEMP"])`,
  }),
  {
    name: "make the server work by writing to descriptors of the toolbox",
    modes: EVERY,
    act: spin,
    gives: /^the server used 0\.0\d s in half a second$/,
  },
];

/** Sends a signal to everything from a sandbox of its own, and tells who answers afterwards. */
async function endAll(place: Place, command: string): Promise<string> {
  return place.withFresh(async (box) => {
    await box.run(command, {}, 700);
    const other = await place.other.run("echo answers");
    // Its toolbox may have ended, which is an error until it is started again.
    await box.control("POST", "stop", { patience: 40_000 });
    if ((await box.state()) === "error") await box.control("POST", "recover", { patience: 40_000 });
    if ((await box.state()) === "stopped") await box.control("POST", "start", { patience: 40_000 });
    return `other: ${other}, own: ${await box.run("echo answers")}`;
  });
}

async function spin(place: Place): Promise<string> {
  return place.withFresh(async (box) => {
    await box.runProgram(python`
      for pid in processes():
          try: names = os.listdir(f"/proc/{pid}/fd")
          except OSError: continue
          # Not those of the shell, which reads this program from one.
          if b"daytona-local" not in read(f"/proc/{pid}/cmdline"): continue
          for name in names:
              path = f"/proc/{pid}/fd/{name}"
              try:
                  if stat.S_ISFIFO(os.stat(path).st_mode): write(path, b"x\n" * 20000)
              except OSError: pass`);
    const before = processorTime(place.server.pid);
    await box.runProgram(shell`sleep 0.5`);
    return `the server used ${(processorTime(place.server.pid) - before).toFixed(2)} s in half a second`;
  });
}

/** Returns the processor time of a process in seconds. */
function processorTime(pid: number): number {
  const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export const processes: Attempt[] = [...guards, ...signals, ...others];
