# The interpreter of a context: runs the code that the toolbox sends, and keeps its variables.
#
# A message is a line with the lengths of its fields, and the fields. The toolbox sends a code and the names and values
# of its variables. Back come "ready", for each run "started", "stdout" and "stderr" with a text, "error" with class,
# message and traceback, and at the end "completed" or "interrupted".
import _thread
import codecs
import io
import os
import signal
import sys
import types

# Messages of more than this many characters are cut.
LONGEST = 256 * 1024
# Output without a line end is sent from this many characters on.
ENOUGH = 1024
# Longer messages of exceptions are cut, and the middle of longer tracebacks is left out.
LONGEST_VALUE = 64 * 1024
MOST_LINES = 200
FILE = "<stdin>"


class Channel:
    """The pipes to the toolbox. No signal interrupts a message: what sends it raises the interruption afterwards."""

    def __init__(self):
        # Programs that the code starts inherit neither, and have nothing to read.
        self.input = os.dup(0)
        self.reader = open(self.input, "rb", closefd=False)
        self.writer = os.dup(1)
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        os.close(null)
        self.owner = os.getpid()
        self.lock = _thread.allocate_lock()
        self.main = _thread.get_ident()
        self.sending = False
        self.waiting = []
        self.running = False
        self.interrupted = False
        signal.signal(signal.SIGINT, self.interrupt)
        os.register_at_fork(after_in_child=self.leave)

    def interrupt(self, *_):
        if self.running and self.sending:
            self.interrupted = True
        elif self.running:
            raise KeyboardInterrupt

    def leave(self):
        """In a process that the code forks: the pipes belong to its parent."""
        self.lock = _thread.allocate_lock()
        os.close(self.input)
        os.close(self.writer)
        self.writer = None

    def send(self, *fields):
        fields = [encode(field) for field in fields]
        message = " ".join(str(len(field)) for field in fields).encode() + b"\n" + b"".join(fields)
        if _thread.get_ident() != self.main:
            with self.lock:
                self.write(message)
            return
        self.waiting.append(message)
        if self.sending:
            # A handler of another signal, in the middle of a message.
            return
        self.sending = True
        try:
            with self.lock:
                while self.waiting:
                    self.write(self.waiting.pop(0))
        finally:
            self.sending = False
        if self.interrupted:
            self.interrupted = False
            raise KeyboardInterrupt

    def write(self, message):
        rest = memoryview(message)
        while len(rest) > 0 and self.writer is not None:
            rest = rest[os.write(self.writer, rest) :]

    def receive(self):
        """The fields of the next message; None when the toolbox has ended."""
        lengths = self.reader.readline()
        if not lengths.endswith(b"\n"):
            return None
        return [self.reader.read(int(length)).decode("utf-8", "replace") for length in lengths.split()]


class Output(io.TextIOBase):
    """Standard output or standard error of the code: what is written at once, and lines, are one message."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, channel, name):
        self.channel = channel
        self.name = "<%s>" % name
        self.kind = name
        self.held = []
        self.length = 0
        self.buffer = OutputBytes(self)

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        self.held.append(text)
        self.length += len(text)
        if self.length >= ENOUGH or "\n" in text:
            self.flush()
        return len(text)

    def flush(self):
        held, self.held, self.length = self.held, [], 0
        text = "".join(held)
        for start in range(0, len(text), LONGEST):
            self.channel.send(self.kind, text[start : start + LONGEST])

    def close(self):
        # Other code prints too, in this run and later.
        self.flush()


class OutputBytes(io.RawIOBase):
    """The same for bytes."""

    def __init__(self, output):
        self.output = output
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self):
        return True

    def write(self, data):
        data = bytes(data)
        self.output.write(self.decoder.decode(data))
        return len(data)

    def flush(self):
        self.output.flush()

    def close(self):
        self.flush()


def encode(text):
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def message_of(error):
    try:
        text = str(error)
    except Exception:
        return "<exception str() failed>"
    if len(text) <= LONGEST_VALUE:
        return text
    return "%s… (%d more characters)" % (text[:LONGEST_VALUE], len(text) - LONGEST_VALUE)


def traceback_of(error):
    """The lines of the code that lead to an exception, and the exception."""
    name, value = type(error).__name__, message_of(error)
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            lines.append('  File "%s", line %d\n' % (FILE, trace.tb_lineno))
        trace = trace.tb_next
    if len(lines) > MOST_LINES:
        left_out = "  … %d more lines\n" % (len(lines) - MOST_LINES)
        lines[MOST_LINES // 2 : -MOST_LINES // 2] = [left_out]
    if lines:
        lines.insert(0, "Traceback (most recent call last):\n")
    if isinstance(error, SyntaxError) and error.lineno is not None:
        lines.append('  File "%s", line %d\n' % (error.filename, error.lineno))
        if error.text is not None:
            source = error.text.rstrip("\n")
            text = source.lstrip()
            indent = len(source) - len(text)
            lines.append("    %s\n" % text)
            if error.offset is not None:
                lines.append("    %s^\n" % (" " * max(error.offset - 1 - indent, 0)))
        value = error.msg or value
    lines.append("%s: %s\n" % (name, value) if value else name + "\n")
    return "".join(lines)


def exit_with(error):
    """What Python does with the argument of `sys.exit`, except that the interpreter stays."""
    if error.code is not None and not isinstance(error.code, int):
        print(error.code, file=sys.stderr)


def run(channel, code, variables, names):
    """Runs a code and returns how it ended: the fields of a message."""
    before = {}
    try:
        channel.running = True
        channel.send("started")
        for name, value in variables:
            before.setdefault(name, os.environ.get(name))
            os.environ[name] = value
        exec(compile(code, FILE, "exec", dont_inherit=True), names)
        channel.running = False
    except SystemExit as error:
        channel.running = False
        if os.getpid() != channel.owner:
            raise
        exit_with(error)
    except KeyboardInterrupt:
        channel.running = False
        return ["interrupted"]
    except BaseException as error:
        channel.running = False
        return ["error", type(error).__name__, message_of(error), traceback_of(error)]
    finally:
        channel.running = channel.interrupted = False
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    return []


def main():
    channel = Channel()
    module = types.ModuleType("__main__")
    names = module.__dict__
    names["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    sys.argv = [""]
    stdout, stderr = Output(channel, "stdout"), Output(channel, "stderr")
    channel.send("ready")
    while True:
        message = channel.receive()
        if message is None:
            return
        sys.stdout = sys.__stdout__ = stdout
        sys.stderr = sys.__stderr__ = stderr
        if sys.stdin is None or sys.stdin.closed:
            sys.stdin = open(os.devnull)
        code, *rest = message
        end = run(channel, code, zip(rest[::2], rest[1::2]), names)
        if os.getpid() != channel.owner:
            # A process that the code has forked has come to the end of the code.
            os._exit(0)
        stdout.flush()
        stderr.flush()
        if end and end[0] == "error":
            channel.send(*end)
            end = []
        channel.send(*(end or ["completed"]))


main()
