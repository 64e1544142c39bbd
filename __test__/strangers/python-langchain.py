"""LangChain's Python backend for Daytona at the local server: it runs every command in a session of its own."""

from daytona import CreateSandboxFromSnapshotParams, Daytona
from langchain_daytona import DaytonaSandbox

from checks import check, equal, report

daytona = Daytona()
sandbox = daytona.create(CreateSandboxFromSnapshotParams(language="python"))
backend = DaytonaSandbox(sandbox=sandbox)


def executed():
    result = backend.execute("echo hello; (exit 3)")
    equal(result.exit_code, 3)
    assert "hello" in result.output


def errors():
    result = backend.execute("echo oops >&2")
    assert "oops" in result.output


def long():
    result = backend.execute("seq 5000")
    assert result.output.strip().endswith("5000")


def timed_out():
    result = backend.execute("echo before; sleep 30", timeout=1)
    equal(result.exit_code, 124)


def files():
    uploaded = backend.upload_files([("/home/daytona/a/b.txt", b"content")])
    equal(uploaded[0].error, None)
    equal(backend.download_files(["/home/daytona/a/b.txt"])[0].content, b"content")


def missing():
    equal(backend.download_files(["/home/daytona/none"])[0].error, "file_not_found")


def tools():
    backend.write("/home/daytona/t.txt", "one\ntwo\n")
    assert "two" in str(backend.read("/home/daytona/t.txt"))
    backend.edit("/home/daytona/t.txt", "two", "three")
    assert "three" in backend.execute("cat /home/daytona/t.txt").output


check("a command with its exit code", executed)
check("standard error is in the output", errors)
check("long output is whole", long)
check("a command over its timeout", timed_out)
check("files there and back", files)
check("a missing file", missing)
check("write, read and edit", tools)
equal(len(sandbox.process.list_sessions()), 0)
daytona.delete(sandbox)
report()
