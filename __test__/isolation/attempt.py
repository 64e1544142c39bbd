# What the Python programs of the attempts share. It is put before each of them.
import ctypes, errno, fcntl, json, os, platform, signal, socket, stat, struct, sys

libc = ctypes.CDLL(None, use_errno=True)

# System calls without a function in Python: numbers on x86-64 and ARM.
NUMBERS = {
    "acct": (163, 89), "add_key": (248, 217), "bpf": (321, 280), "clone3": (435, 435), "delete_module": (176, 106),
    "fsopen": (430, 430), "init_module": (175, 105), "inotify_add_watch": (254, 27), "inotify_init1": (294, 26),
    "io_uring_setup": (425, 425), "kexec_load": (246, 104), "keyctl": (250, 219), "mount": (165, 40),
    "mount_setattr": (442, 442), "open_by_handle_at": (304, 265), "open_tree": (428, 428), "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438), "pidfd_open": (434, 434), "pivot_root": (155, 41), "process_vm_writev": (311, 271),
    "ptrace": (101, 117), "quotactl": (179, 60), "reboot": (169, 142), "request_key": (249, 218), "setns": (308, 268),
    "swapon": (167, 224), "syslog": (103, 116), "umount2": (166, 39), "unshare": (272, 97), "userfaultfd": (323, 282),
}


def call(name, *arguments):
    """Makes a system call; raises OSError when it fails."""
    number = NUMBERS[name][platform.machine() != "x86_64"]
    values = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = libc.syscall(ctypes.c_long(number), *values)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def attempt(act, *arguments):
    """Prints `refused` with the error, or what was reached."""
    try:
        result = act(*arguments)
    except OSError as error:
        print("refused:", errno.errorcode.get(error.errno, type(error).__name__))
    else:
        print("went through:", result)


def read(path):
    with open(path, "rb") as file:
        return file.read(4096)


def write(path, data=b"x"):
    """Writes to a file that exists."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        return os.write(descriptor, data)
    finally:
        os.close(descriptor)


def connect(address, family=socket.AF_UNIX):
    """Connects, and returns what the other side sends first."""
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(5)
        client.connect(address)
        return client.recv(100)


def processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def detach():
    """Continues in a process of its own session that ignores signals; the caller exits when it calls `go`."""
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    os.close(reader)
    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)
    null = os.open("/dev/null", os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)

    def go():
        os.write(writer, b"x")
        os.close(writer)

    return go


def run_each(sources):
    """Runs each program in a process of its own, and returns what each one prints."""
    results = []
    for source in sources:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            for standard in (1, 2):
                os.dup2(writer, standard)
            signal.alarm(10)
            try:
                exec(compile(source, "attempt", "exec"), dict(globals()))
            except Exception as error:
                print("failed:", repr(error))
            finally:
                sys.stdout.flush()
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as output:
            text = output.read().decode(errors="replace")
        _, status = os.waitpid(child, 0)
        results.append(text if status == 0 else f"{text}ended by signal {os.WTERMSIG(status)}")
    return results
