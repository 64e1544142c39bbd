import fs from "node:fs";
import path from "node:path";
import { type Attempt, refused } from "./attempt.js";
import { EVERY, ISOLATED, NAMESPACES } from "./mode.js";
import type { Place } from "./place.js";
import { commandAs, runAs } from "./program.js";
import { python, shell } from "./sandbox-program.js";

// What belongs to the host and to its user: files, configuration, sockets and what they do.

const FILE = `os.environ["OUTSIDE_FILE"]`;

const ownFiles = refused(ISOLATED, {
  "read a file of the user": python`attempt(read, ${FILE})`,
  "list a folder of the user": python`attempt(os.listdir, os.environ["OUTSIDE"])`,
  "write to a file of the user": python`attempt(write, ${FILE})`,
  "truncate a file of the user": python`attempt(os.truncate, ${FILE}, 0)`,
  "change the permissions of a file of the user": python`attempt(os.chmod, ${FILE}, 0o600)`,
  "change the owner of a file of the user": python`attempt(os.chown, ${FILE}, os.getuid(), os.getgid())`,
  "change the times of a file of the user": python`attempt(os.utime, ${FILE}, (0, 0))`,
  "set an attribute of a file of the user": python`attempt(os.setxattr, ${FILE}, "user.attempt", b"x")`,
  "move a file of the user": python`attempt(lambda: (os.rename(${FILE}, ${FILE} + ".moved"), os.rename(${FILE} + ".moved", ${FILE})))`,
  "create a file beside those of the user": python`attempt(lambda: os.close(os.open(os.environ["OUTSIDE"] + "/new", os.O_CREAT | os.O_WRONLY)))`,
  "create a folder beside those of the user": python`attempt(os.mkdir, os.environ["OUTSIDE"] + "/folder")`,
  "link a file of the user into the sandbox": python`attempt(os.link, ${FILE}, os.path.expanduser("~/linked"))`,
  "read a file of the user through a link": python`
    os.symlink(${FILE}, os.path.expanduser("~/link"))
    attempt(read, os.path.expanduser("~/link"))`,
  "read a file of the user through the root of a process": python`attempt(read, "/proc/self/root" + ${FILE})`,
  "watch a folder of the user": python`
    watch = call("inotify_init1", os.O_NONBLOCK)
    attempt(call, "inotify_add_watch", watch, os.environ["OUTSIDE"].encode(), 0xfff)`,
  "connect to a socket of the user": python`attempt(connect, os.environ["OUTSIDE_SOCKET"])`,
  "connect to an abstract socket of the host": python`attempt(connect, "\0" + os.environ["ABSTRACT"])`,
  "send to an abstract socket of the host": python`attempt(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect, "\0" + os.environ["ABSTRACT"])`,
  "list the home of the server's user": python`attempt(os.listdir, os.environ["SERVER_HOME"])`,
  "list the home of root": python`
    try: names = os.listdir("/root")
    except OSError as error: print("refused:", errno.errorcode[error.errno])
    else: print("refused: empty" if not [name for name in names if name != ".pyenv"] else f"went through: {names}")`,
  "read the passwords of the host": python`attempt(read, "/etc/shadow")`,
  "read the host's private keys": python`
    try: names = os.listdir("/etc/ssl/private")
    except OSError as error: print("refused:", errno.errorcode[error.errno])
    else: print(f"went through: {names}" if names else "refused: empty")`,
  "connect to the system bus": python`attempt(connect, "/run/dbus/system_bus_socket")`,
  "connect to a container engine": python`attempt(connect, "/var/run/docker.sock")`,
  "link a program of the host into the sandbox": python`attempt(os.link, "/usr/bin/env", os.path.expanduser("~/env"))`,
  "write to a program of the host": python`attempt(write, "/usr/bin/env")`,
  "create a file beside the programs of the host": python`attempt(lambda: os.close(os.open("/usr/bin/attempt", os.O_CREAT | os.O_WRONLY)))`,
  "write to the server's program": python`attempt(write, "/proc/1/exe")`,
});

const CONFIGURATION = ["/etc/npmrc", "/etc/pip.conf", "/etc/cargo/config.toml"];

const seen: Attempt[] = [
  {
    // Addresses of registries go in, for they are needed and are not secret.
    name: "read the configuration of npm, pip and cargo",
    modes: ISOLATED,
    unavailable: () => (configuration().length === 0 ? "this host has no such configuration" : undefined),
    act: async ({ box }) => {
      const text = await box.run(`cat ${CONFIGURATION.join(" ")} 2>/dev/null; true`);
      return `lines of the host: ${configuration()
        .filter((line) => text.includes(line))
        .join("; ")}`;
    },
    gives: "lines of the host:",
  },
  { name: "leave a mark on a file of the user", modes: ISOLATED, act: aboutOutside, gives: "unchanged" },
  {
    name: "read the environment of the server",
    modes: ISOLATED,
    act: async ({ box, secret, outside }) => {
      const text = await box.run("env; cat /proc/*/environ 2>/dev/null; cat /proc/*/cmdline 2>/dev/null; true");
      return `secret: ${text.includes(secret)}, fixtures: ${text.includes(`${outside.folder}/`)}`;
    },
    gives: "secret: false, fixtures: false",
  },
  {
    name: "read the host's private keys as a member of their group",
    modes: ["namespaces, as a user", "landlock, as a user"],
    unavailable: () => (privateKeys().files.length === 0 ? "this host has no keys in /etc/ssl/private" : undefined),
    act: async (place) => {
      const { group, files } = privateKeys();
      const server = await place.startServer({ groups: [group] });
      const box = await place.fresh({}, server);
      const text = await box.run(`for file in ${files.join(" ")}; do head -c 1 $file >/dev/null 2>&1 && echo $file; done; echo end`);
      await server.end();
      return text;
    },
    gives: "end",
    needs: ["setpriv"],
  },
  {
    name: "see which programs the host starts",
    modes: ISOLATED,
    act: watchPrograms,
    gives: "saw:",
    needs: ["factor"],
  },
  {
    name: "take all inotify instances of the user",
    modes: EVERY,
    act: takeInotify,
    gives: "host: one, other: one",
  },
  {
    name: "lock a file against the host",
    modes: ISOLATED,
    act: lockFile,
    gives: "the host locked it",
    needs: ["flock"],
  },
  {
    name: "lead the file API to a file of the host by a link",
    modes: ISOLATED,
    act: async ({ box, outside }) => {
      await box.run(`ln -sfn ${outside.file} ~/file; ln -sfn ${outside.folder} ~/folder; ln -sfn /etc/shadow ~/shadow`);
      const calls = [
        box.download(`${box.home}/file`),
        box.download(`${box.home}/folder/mine.txt`),
        box.download(`${box.home}/shadow`),
        box.download(outside.file),
        box.call("GET", "files", { query: { path: `${box.home}/folder` } }),
        box.upload(`${box.home}/folder/new`, "x"),
        box.call("DELETE", "files", { query: { path: outside.file } }),
        box.call("POST", "files/permissions", { query: { path: outside.file, mode: "600" } }),
      ];
      const statuses = (await Promise.all(calls)).map(({ status }) => (status >= 400 ? "refused" : status));
      return `${[...new Set(statuses)]}, new file: ${fs.existsSync(path.join(outside.folder, "new"))}`;
    },
    gives: "refused, new file: false",
  },
  {
    name: "replace the folder of homes with a link to the host",
    modes: NAMESPACES,
    act: (place) =>
      place.withFresh(async (box) => {
        const target = place.ownFolder();
        await box.run(`mv /home /x; ln -s ${target} /home; mv /tmp /y; ln -s ${target} /tmp; mv /etc /z; ln -s ${target} /etc`);
        const result = await box.restart();
        return `${result}, made on the host: ${fs.readdirSync(target)}`;
      }),
    gives: "answers, made on the host: ",
  },
  {
    name: "replace the home with a link to the host",
    modes: ISOLATED,
    act: (place) =>
      place.withFresh(async (box) => {
        const target = place.ownFolder();
        await box.run(`cd ~/../..; mv home away; ln -s ${target} home; cd ~/..; mv daytona away; ln -s ${target} daytona`);
        const result = await box.restart();
        return `${result}, made on the host: ${fs.readdirSync(target)}`;
      }),
    gives: "answers, made on the host: ",
  },
  {
    name: "remove everything",
    modes: NAMESPACES,
    isDestructive: true,
    act: (place) =>
      place.withFresh(async (box) => {
        const programs = fs.readdirSync("/usr/local/bin").length + fs.readdirSync("/etc").length;
        await box.run("rm -rf --no-preserve-root --one-file-system / /usr/local/bin /etc 2>/dev/null; rm -rf ~ /tmp/* 2>/dev/null");
        const left = fs.readdirSync("/usr/local/bin").length + fs.readdirSync("/etc").length;
        return `${await box.restart()}, on the host: ${left === programs && (await aboutOutside(place))}`;
      }),
    gives: "answers, on the host: unchanged",
  },
  {
    name: "remove everything of the user",
    modes: ISOLATED,
    isDestructive: true,
    act: async (place) => {
      await place.withFresh((box) => box.run(`rm -rf ${place.outside.folder} ${place.server.temp} 2>/dev/null`));
      return `${await place.other.run("echo answers")}, on the host: ${await aboutOutside(place)}`;
    },
    gives: "answers, on the host: unchanged",
  },
];

/** Returns the lines of the host's configuration that no sandbox needs. */
function configuration(): string[] {
  const texts = CONFIGURATION.filter((file) => fs.existsSync(file)).map((file) => fs.readFileSync(file, "utf8"));
  return texts
    .join("\n")
    .split("\n")
    .filter((line) => line.includes("=") && !/registry|index-url/.test(line));
}

function privateKeys(): { group: number; files: string[] } {
  try {
    const folder = "/etc/ssl/private";
    const files = fs.readdirSync(folder).map((name) => path.join(folder, name));
    const byGroup = files.filter((file) => (fs.statSync(file).mode & 0o044) === 0o040);
    return { group: fs.statSync(folder).gid, files: byGroup };
  } catch {
    return { group: 0, files: [] };
  }
}

async function aboutOutside({ outside }: Place): Promise<string> {
  if (!fs.existsSync(outside.file)) return `gone; left: ${fs.existsSync(outside.folder) ? fs.readdirSync(outside.folder) : "nothing"}`;
  const { mode, mtimeMs } = fs.statSync(outside.file);
  const faults = [
    (mode & 0o777) !== 0o644 && `mode ${(mode & 0o777).toString(8)}`,
    mtimeMs < Date.UTC(2000, 0) && "times changed",
    fs.readFileSync(outside.file, "utf8") !== outside.content && "content changed",
    fs.readdirSync(outside.folder).sort().join() !== "agent.sock,mine.txt" && `folder has ${fs.readdirSync(outside.folder)}`,
  ].filter((fault) => fault !== false);
  // As it was, for the next attempt.
  fs.writeFileSync(outside.file, outside.content);
  fs.chmodSync(outside.file, 0o644);
  fs.utimesSync(outside.file, new Date(), new Date());
  return faults.join(", ") || "unchanged";
}

/** Watches /usr/bin inside while the host starts a program that nothing else starts. */
async function watchPrograms({ box, mode }: Place): Promise<string> {
  await box.runProgram(python`
    home = os.path.expanduser("~")
    go = detach()
    watch = call("inotify_init1", os.O_NONBLOCK)
    try: call("inotify_add_watch", watch, b"/usr/bin", 0x20 | 0x1)
    except OSError: pass
    os.mkfifo(home + "/enough")
    os.mkfifo(home + "/events")
    go()
    # Waits until the host has started its program.
    open(home + "/enough").read()
    try: events = os.read(watch, 1 << 20)
    except OSError: events = b""
    with open(home + "/events", "w") as out: out.write("factor" if b"factor" in events else "")`);
  runAs(mode, ["factor", "1"]);
  return (await box.run("echo > ~/enough; echo saw: $(cat ~/events); rm ~/enough ~/events")).trim();
}

async function takeInotify(place: Place): Promise<string> {
  return place.withFresh(async (box) => {
    await box.runProgram(python`
      home = os.path.expanduser("~")
      go = detach()
      taken = []
      try:
          while len(taken) < 900: taken.append(call("inotify_init1", 0))
      except OSError: pass
      go()
      signal.pause()`);
    const one = "import ctypes; print('one' if ctypes.CDLL(None).inotify_init() >= 0 else 'none')";
    const host = runAs(place.mode, ["/usr/bin/python3", "-I", "-S", "-c", one]);
    return `host: ${host}, other: ${await place.other.run(`python3 -I -S -c "${one}"`)}`;
  });
}

async function lockFile(place: Place): Promise<string> {
  return place.withFresh(async (box) => {
    const file = "/usr/bin/factor";
    await box.runProgram(python`
      go = detach()
      try: fcntl.flock(os.open("${file}", os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
      except OSError: pass
      go()
      signal.pause()`);
    try {
      return runAs(place.mode, ["flock", "--nonblock", "--exclusive", file, "echo", "the host locked it"]);
    } catch {
      return `${commandAs(place.mode, ["flock"]).at(-1)} on the host found it locked`;
    }
  });
}

const FOLDERS =
  "/ /bin /boot /dev /etc /etc/ssl /home /lib /mnt /opt /proc /root /run /run/daytona /sbin /srv /sys /usr /usr/local /var /var/lib";

const system: Attempt[] = [
  {
    name: "change a folder of the system",
    modes: ISOLATED,
    act: shell`for folder in ${FOLDERS}; do [ -w $folder ] && printf '%s ' $folder; done; true`,
    gives: "",
  },
  {
    // As an ordinary user there is one account inside, which owns what is made for the sandbox.
    name: "own a folder of the system",
    modes: ["namespaces, as root", "landlock, as root", "landlock, as a user"],
    act: shell`for folder in ${FOLDERS}; do [ -O $folder ] && printf '%s ' $folder; done; true`,
    gives: "",
  },
  {
    name: "create files in folders of the system",
    modes: ISOLATED,
    act: shell`touch /app.txt /etc/x /root/x /var/x /home/x 2>/dev/null; ls -d /app.txt /etc/x /root/x /var/x /home/x 2>/dev/null; true`,
    gives: "",
  },
  ...["/app.txt", "/etc/passwd", "/etc/hosts", "/etc/attempt", "/root/x", "/var/x", "/usr/x", "/run/x", "/home/x"].map((file) => ({
    name: `upload to ${file}`,
    modes: ISOLATED,
    act: (place: Place) =>
      place.withFresh(async (box) => {
        const { status } = await box.upload(file, "x");
        const content = await box.run(`[ "$(cat ${file} 2>/dev/null)" = x ] && echo written`);
        return status >= 400 && !content.startsWith("written") ? "refused" : `${status} ${content}`;
      }),
    gives: "refused",
  })),
];

export const host: Attempt[] = [...ownFiles, ...seen, ...system];
