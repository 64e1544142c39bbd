import { LANDLOCK, type Mode, ROOT } from "./mode.js";

// What a mode is known not to prevent, or what does not work in it. docs/local.md says so to users. When one of these does hold,
// its test fails: then it goes from here and from the documentation.

interface Exception {
  modes: readonly Mode[];
  why: string;
}

const NONE: readonly Mode[] = ["none, as a user"];
const LANDLOCK_USER: readonly Mode[] = ["landlock, as a user"];
const WITHOUT_MOUNTS = [...LANDLOCK, ...NONE];

const PATHS = ["/home/daytona", "/tmp", "/var/tmp"].map((folder) =>
  [
    "written by a file call is read by a command",
    "written by a command is read by a file call",
    "written by a file call is listed, found and run",
  ].map((how) => `${folder}/attempt-path.py ${how}`),
);

const named = (modes: readonly Mode[], why: string, names: string[]): [string, Exception][] => names.map((name) => [name, { modes, why }]);

export const EXCEPTIONS: ReadonlyMap<string, Exception> = new Map([
  ...named(LANDLOCK, "the programs of the host are its own files", ["see which programs the host starts", "lock a file against the host"]),
  ...named(ROOT, "the disk is limited only in sandboxes that ask for a size", ["use more disk than the sandbox has"]),
  ...named(WITHOUT_MOUNTS, "paths are those of the host", [...(PATHS[0] ?? []), "the working directory is the home that the API names"]),
  ...named(LANDLOCK, "the temporary folders of the host are out of reach", [
    ...(PATHS[1] ?? []),
    ...(PATHS[2] ?? []),
    "tmux: tmux -L x new-session -d 'sleep 30' && tmux -L x list-sessions -F x && tmux -L x kill-serv…",
    "python3: python3 -c 'import multiprocessing as m; print(m.Lock().acquire(), m.Queue().empty())'",
    "python3: python3 -c 'import multiprocessing as m; print(m.Pool(2).map(abs, [-1, -2]))'",
  ]),
  ...named(LANDLOCK, "the configuration of the host is out of reach", ["wget: wget --version | head -1"]),
  ...named(WITHOUT_MOUNTS, "the user has no name, or that of the host", [
    "getent: getent passwd $(id -u) | cut -d: -f1,6",
    "id: id -un",
    "whoami: whoami",
    "node: node -p 'os.userInfo().username + \" \" + os.homedir()'",
    "perl: perl -MFile::Temp -e 'print scalar getpwuid($<), \"\\n\"'",
    "python3: python3 -c 'import os, pwd; print(pwd.getpwuid(os.getuid()).pw_name, pwd.getpwuid(os.getui…",
    "ssh: ssh -V 2>&1",
    "ssh: ssh -G localhost 2>/dev/null | grep -m1 ^user",
    "ssh-keygen: cd \"$(mktemp -d)\" && ssh-keygen -q -t ed25519 -N '' -f key && ls",
  ]),
  ...named(LANDLOCK_USER, "the sandbox acts as the user", [
    "change the owner of a file of the user",
    "change the permissions of a file of the user",
    "change the times of a file of the user",
    "leave a mark on a file of the user",
    "remove everything of the user",
    "set an attribute of a file of the user",
    "lead the file API to a file of the host by a link",
    "read the host's private keys as a member of their group",
  ]),
  ...named([...LANDLOCK_USER, ...NONE], "the limits of the user count for all its processes", [
    "have an unlimited number of processes",
    "take all inotify instances of the user",
  ]),
  ...named(LANDLOCK, "files can be watched and are listed by their paths", [
    "find the paths of sockets of other sandboxes",
    "watch a folder of the user",
  ]),
]);
