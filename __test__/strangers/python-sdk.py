"""The service's own Python SDK at the local server: code, sessions, commands and files."""
import asyncio
import sys
import traceback

from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaNotFoundError, SessionExecuteRequest
from daytona.common.process import CodeRunParams

passed = failed = 0


def check(name, run):
    global passed, failed
    try:
        run()
        passed += 1
        print(f"ok {name}")
    except Exception:
        failed += 1
        print(f"FAILED {name}: {traceback.format_exc()}")


daytona = Daytona()
sandbox = daytona.create(CreateSandboxFromSnapshotParams(language="python"))
process = sandbox.process


def equal(seen, wanted):
    assert seen == wanted, f"{seen!r} instead of {wanted!r}"


def not_found(call):
    try:
        call()
    except DaytonaNotFoundError:
        return
    raise AssertionError("expected DaytonaNotFoundError")


def ended(session, command_id):
    while True:
        command = process.get_session_command(session, command_id)
        if command.exit_code is not None:
            return command


def hello():
    response = process.code_run('print("Hello World!")')
    equal((response.exit_code, response.result.strip()), (0, "Hello World!"))


def parameters():
    response = process.code_run(
        "import os, sys; print(sys.argv[1:], os.environ['NAME'])", CodeRunParams(argv=["one", "two"], env={"NAME": "value"})
    )
    equal(response.result.strip(), "['one', 'two'] value")


def command():
    response = process.exec("echo $A; pwd", cwd="/tmp", env={"A": "b c"})
    equal((response.exit_code, response.result), (0, "b c\n/tmp\n"))


def listed():
    process.create_session("s1")
    equal(process.get_session("s1").session_id, "s1")
    assert "s1" in [session.session_id for session in process.list_sessions()]


def state():
    process.execute_session_command("s1", SessionExecuteRequest(command="cd /tmp && export KEPT=yes"))
    response = process.execute_session_command("s1", SessionExecuteRequest(command="pwd; echo $KEPT; echo err >&2"))
    equal((response.exit_code, response.stdout, response.stderr), (0, "/tmp\nyes\n", "err\n"))


def asynchronous():
    response = process.execute_session_command("s1", SessionExecuteRequest(command="sleep 0.1; (exit 3)", run_async=True))
    equal(response.exit_code, None)
    equal(ended("s1", response.cmd_id).exit_code, 3)


def followed():
    response = process.execute_session_command("s1", SessionExecuteRequest(command="seq 10000; echo err >&2", run_async=True))
    out, err = [], []
    asyncio.run(process.get_session_command_logs_async("s1", response.cmd_id, out.append, err.append))
    equal("".join(out), "".join(f"{i}\n" for i in range(1, 10001)))
    equal("".join(err), "err\n")


def given_input():
    response = process.execute_session_command("s1", SessionExecuteRequest(command="read x; echo got $x", run_async=True))
    process.send_session_command_input("s1", response.cmd_id, "yes")
    ended("s1", response.cmd_id)
    assert "got yes\n" in process.get_session_command_logs("s1", response.cmd_id).stdout


def deleted():
    process.delete_session("s1")
    not_found(lambda: process.get_session("s1"))


def files():
    sandbox.fs.upload_file(b"content", "folder/file.txt")
    equal([entry.name for entry in sandbox.fs.list_files("folder")], ["file.txt"])
    equal(sandbox.fs.download_file("folder/file.txt"), b"content")


check("hello world", hello)
check("code with arguments and variables", parameters)
check("a command", command)
check("a session is created, found and listed", listed)
check("a session keeps its state, and its outputs are apart", state)
check("an asynchronous command ends by itself", asynchronous)
check("10,000 lines are followed without loss", followed)
check("input reaches a command", given_input)
check("a session that is deleted is gone", deleted)
check("there is no entrypoint", lambda: not_found(process.get_entrypoint_session))
check("files are written, listed and read", files)
daytona.delete(sandbox)
print(f"{passed} passed, {failed} failed")
sys.exit(0 if failed == 0 else 1)
