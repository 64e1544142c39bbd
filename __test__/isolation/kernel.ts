import { type Attempt, REFUSED, refused } from "./attempt.js";
import { EVERY, ISOLATED, NAMESPACES } from "./mode.js";
import { python, shell } from "./sandbox-program.js";

// Calls that reach the kernel's own state, or change what a sandbox sees.

const calls = refused(ISOLATED, {
  "mount a file system": python`attempt(call, "mount", b"none", b"/tmp", b"tmpfs", 0, 0)`,
  "bind the root elsewhere": python`attempt(call, "mount", b"/", b"/tmp", 0, 4096, 0)`,
  "unmount /usr": python`attempt(call, "umount2", b"/usr", 2)`,
  "unmount /proc": python`attempt(call, "umount2", b"/proc", 2)`,
  "make /usr writable": python`attempt(call, "mount", 0, b"/usr", 0, 32 | 4096, 0)`,
  "make every mount writable": python`attempt(call, "mount_setattr", -100, b"/", 0x8000, struct.pack("QQQQ", 0, 1, 0, 0), 32)`,
  "open a file system": python`attempt(call, "fsopen", b"proc", 0)`,
  "copy a mount": python`attempt(call, "open_tree", -100, b"/", 1)`,
  "change the root by pivot_root": python`attempt(call, "pivot_root", b".", b".")`,
  "change the root by chroot": python`attempt(os.chroot, os.environ.get("TMPDIR", "/tmp"))`,
  "create a user namespace": python`attempt(call, "unshare", 0x10000000)`,
  "create a user namespace with clone3": python`
    attempt(call, "clone3", struct.pack("11Q", 0x10000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0), 88)`,
  "create mount and network namespaces": python`attempt(call, "unshare", 0x00020000 | 0x40000000)`,
  "enter the mount namespace of PID 1": python`attempt(lambda: call("setns", os.open("/proc/1/ns/mnt", os.O_RDONLY), 0))`,
  "enter its own user namespace again": python`attempt(lambda: call("setns", os.open("/proc/self/ns/user", os.O_RDONLY), 0))`,
  "create a block device": python`attempt(os.mknod, os.path.expanduser("~/disk"), stat.S_IFBLK | 0o666, os.makedev(8, 0))`,
  "create a character device": python`attempt(os.mknod, os.path.expanduser("~/mem"), stat.S_IFCHR | 0o666, os.makedev(1, 1))`,
  "open a file by its handle": python`
    handle = struct.pack("Ii", 8, 1) + struct.pack("II", 2, 0)
    attempt(lambda: call("open_by_handle_at", os.open("/", os.O_RDONLY | os.O_PATH), handle, 0))`,
  "load a kernel module": python`attempt(call, "init_module", b"", 0, b"")`,
  "unload a kernel module": python`attempt(call, "delete_module", b"no_such_module", 0)`,
  "load another kernel": python`attempt(call, "kexec_load", 0, 0, 0, 0)`,
  // With these numbers it restarts nothing, and a process with the right gets another error.
  "restart the machine": python`
    try: call("reboot", 1, 2, 3, 0)
    except OSError as error: print("refused:" if error.errno == errno.EPERM else "may:", errno.errorcode[error.errno])`,
  "swap to a file": python`attempt(call, "swapon", b"/dev/null", 0)`,
  "account for processes": python`attempt(call, "acct", b"/dev/null")`,
  "read the session keyring": python`attempt(call, "keyctl", 0, -3, 0, 0, 0)`,
  "add a key": python`attempt(call, "add_key", b"user", b"attempt", b"x", 1, -3)`,
  "request a key": python`attempt(call, "request_key", b"user", b"attempt", 0, -3)`,
  "handle page faults of the kernel": python`attempt(call, "userfaultfd", 0)`,
  "load a BPF program": python`attempt(call, "bpf", 0, struct.pack("IIIIIIII", 2, 4, 8, 1, 0, 0, 0, 0), 32)`,
  "count events of the processor": python`
    attributes = struct.pack("IIQQQQ", 1, 112, 0, 0, 0, 0) + bytes(72)
    attempt(call, "perf_event_open", attributes, 0, -1, -1, 0)`,
  "use io_uring": python`attempt(call, "io_uring_setup", 4, bytes(120))`,
  "insert characters into a terminal": python`
    leader, follower = os.openpty()
    attempt(fcntl.ioctl, follower, 0x5412, b"x")`,
  "read the kernel's log": python`attempt(call, "syslog", 10, 0, 0)`,
  "read the kernel's memory": python`
    try: data = read("/proc/kcore")
    except OSError as error: print("refused:", errno.errorcode[error.errno])
    else: print("went through" if data else "refused: nothing")`,
  "change the host name": python`attempt(socket.sethostname, "attempt")`,
  "change the clock": python`
    import time
    attempt(time.clock_settime, time.CLOCK_REALTIME, time.time())`,
  "become root": python`attempt(os.setuid, 0)`,
  "join another group": python`attempt(os.setgroups, [0])`,
  "lower the priority to be killed below that of the host's programs": python`attempt(write, "/proc/self/oom_score_adj", b"-1")`,
  "lower the priority to be killed to the minimum": python`attempt(write, "/proc/self/oom_score_adj", b"-1000")`,
});

const sockets = refused(ISOLATED, {
  "make a socket of virtual machines": python`attempt(socket.socket, 40, socket.SOCK_STREAM)`,
  "make a socket of the audit system": python`attempt(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, 9)`,
  "make a packet socket": python`attempt(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, 0)`,
  "make a raw socket": python`attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)`,
  "make a raw socket of version 6": python`attempt(socket.socket, socket.AF_INET6, socket.SOCK_RAW, 58)`,
});

export const kernel: Attempt[] = [
  ...calls,
  ...sockets,
  {
    name: "write to a setting of the kernel",
    modes: ISOLATED,
    act: python`
      found = []
      for folder, _, names in os.walk("/proc/sys"):
          for name in names:
              try: os.close(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_NONBLOCK))
              except OSError: continue
              found.append(os.path.join(folder, name))
      print("writable:", *found)`,
    gives: "writable:",
  },
  {
    // Opened only. Some of these are replaced with /dev/null.
    name: "open a control of the kernel for writing",
    modes: ISOLATED,
    act: python`
      paths = ["/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/kcore", "/dev/kmsg", "/dev/mem",
               "/proc/irq/default_smp_affinity", "/proc/bus/pci/devices", "/sys/power/state", "/sys/kernel/uevent_helper"]
      found = []
      for path in paths:
          try: descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
          except OSError: continue
          about = os.fstat(descriptor)
          if not (stat.S_ISCHR(about.st_mode) and about.st_rdev == os.makedev(1, 3)): found.append(path)
      print("writable:", *found)`,
    gives: "writable:",
  },
  {
    name: "gain rights through a set-uid program",
    modes: ISOLATED,
    act: shell`grep -h -e NoNewPrivs -e CapEff -e CapPrm -e CapAmb /proc/self/status | tr -s '\n\t' ' '`,
    gives: /^CapPrm: 0+ CapEff: 0+ CapAmb: 0+ NoNewPrivs: 1$/,
  },
  {
    name: "be root inside",
    modes: EVERY,
    act: shell`id -u; id -G | wc -w`,
    gives: /^[1-9]\d*\n1$/,
  },
  {
    // Only a limit of one byte also ends a dump that is passed to a program of the host.
    name: "dump core into a program of the host",
    modes: ISOLATED,
    act: python`
      import resource
      print(*resource.getrlimit(resource.RLIMIT_CORE))`,
    gives: "1 1",
  },
  {
    name: "open as many files as the server may",
    modes: EVERY,
    act: shell`ulimit -Sn`,
    gives: "1024",
  },
  {
    name: "create devices below a mount of the host",
    modes: NAMESPACES,
    act: shell`awk '$5 !~ "^/(dev|proc)" && $6 !~ /nodev/ { print $5 }' /proc/self/mountinfo`,
    gives: "",
  },
  {
    name: "run set-uid programs of a mount of the host",
    modes: NAMESPACES,
    act: shell`awk '$6 !~ /nosuid/ { print $5 }' /proc/self/mountinfo`,
    gives: "",
  },
  {
    name: "escape by two changes of root",
    modes: ISOLATED,
    act: python`attempt(lambda: (os.mkdir("jail"), os.chroot("jail")))`,
    gives: REFUSED,
  },
];
