"""The service's own Python SDK at the local server: code, sessions, commands and files."""
import asyncio
import datetime
import sys
import urllib.error
import urllib.request

from daytona import (
    AsyncDaytona,
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaNotFoundError,
    FileDownloadRequest,
    FileUpload,
    ListSandboxesQuery,
    SandboxState,
    DaytonaServiceUnavailableError,
    DaytonaError,
    DaytonaTimeoutError,
    Resources,
    SessionExecuteRequest,
    VolumeMount,
)
from daytona.common.process import CodeRunParams
from daytona.common.pty import PtySize

from checks import check, equal, report

daytona = Daytona()
sandbox = daytona.create(CreateSandboxFromSnapshotParams(language="python"))
process = sandbox.process


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


def terminal():
    pty = process.create_pty_session(id="t1", cwd="/tmp", envs={"NAME": "a value"}, pty_size=PtySize(rows=30, cols=100))
    output = []
    pty.wait_for_connection()
    pty.send_input('stty size; echo "[$NAME] $PWD"; seq 5000; exit 3\n')
    result = pty.wait(on_data=output.append)
    text = b"".join(output).decode()
    equal(result.exit_code, 3)
    assert "30 100\r\n[a value] /tmp\r\n1\r\n" in text and text.rstrip().split("\r\n")[-1] in ("5000", "logout", "exit"), text[-300:]
    assert "\n5000\r\n" in text


def terminal_again():
    pty = process.create_pty_session(id="t2")
    equal([session.id for session in process.list_pty_sessions()], ["t2"])
    info = process.resize_pty_session("t2", PtySize(rows=40, cols=120))
    equal((info.cols, info.rows), (120, 40))
    pty.send_input("KEPT=yes\n")
    pty.disconnect()
    again = process.connect_pty_session("t2")
    again.send_input("echo kept=$KEPT; exit 4\n")
    output = []
    equal(again.wait(on_data=output.append).exit_code, 4)
    assert b"kept=yes" in b"".join(output)
    not_found(lambda: process.get_pty_session_info("t2"))


def terminal_killed():
    pty = process.create_pty_session(id="t3")
    process.kill_pty_session("t3")
    equal(pty.wait().exit_code, 137)
    not_found(lambda: process.kill_pty_session("t3"))


async def asynchronous_terminal():
    async with AsyncDaytona() as client:
        output = []
        box = await client.get(sandbox.id)

        async def collect(data):
            output.append(data)

        pty = await box.process.create_pty_session(id="t4", on_data=collect)
        await pty.wait_for_connection()
        await pty.send_input("seq 5000; exit 5\n")
        equal((await pty.wait()).exit_code, 5)
        assert b"\n5000\r\n" in b"".join(output)


def files():
    sandbox.fs.upload_file(b"content", "folder/file.txt")
    equal([entry.name for entry in sandbox.fs.list_files("folder")], ["file.txt"])
    equal(sandbox.fs.download_file("folder/file.txt"), b"content")


def many_files():
    sandbox.fs.upload_files([FileUpload(source=b"one", destination="many/a.txt"), FileUpload(source=b"two", destination="many/b.txt")])
    results = sandbox.fs.download_files([FileDownloadRequest(source="many/b.txt"), FileDownloadRequest(source="none")])
    equal([result.result for result in results], [b"two", None])
    assert "not found" in results[1].error, results[1].error
    equal([match.file for match in sandbox.fs.find_files("many", "one")], ["many/a.txt"])
    equal(sandbox.fs.search_files("many", "*.txt").files, ["many/a.txt", "many/b.txt"])
    equal(sandbox.fs.replace_in_files(["many/a.txt"], "one", "three")[0].success, True)
    sandbox.fs.move_files("many/a.txt", "many/c.txt")
    sandbox.fs.set_file_permissions("many/c.txt", mode="600")
    equal(sandbox.fs.get_file_info("many/c.txt").size, 5)


def signed():
    up, down = sandbox.upload_url("signed/a b.txt"), sandbox.download_url("signed/a b.txt", 60)
    with urllib.request.urlopen(urllib.request.Request(up, data=b"signed", headers={"content-type": "application/octet-stream"})) as response:
        equal(response.status, 200)
    with urllib.request.urlopen(down) as response:
        equal(response.read(), b"signed")
    sandbox.rotate_signing_key()
    try:
        urllib.request.urlopen(down)
    except urllib.error.HTTPError as error:
        equal(error.code, 401)
    else:
        raise AssertionError("expected 401")


def filtered():
    query = ListSandboxesQuery(states=[SandboxState.STARTED], created_at_after=datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc))
    assert sandbox.id in [found.id for found in daytona.list(query)]


def environment():
    sandbox.update_env({"CHANGED": "yes"}, unset=["DAYTONA_SANDBOX_ID"])
    equal(process.exec('echo "$CHANGED,$DAYTONA_SANDBOX_ID"').result, "yes,\n")


def network():
    sandbox.update_network_settings(domain_allow_list="example.com,*.daytona.io")
    equal(sandbox.domain_allow_list, "example.com,*.daytona.io")
    equal(process.exec("getent hosts unlisted.test").exit_code, 2)
    sandbox.update_network_settings(network_block_all=True)
    equal(sandbox.network_block_all, True)
    sandbox.update_network_settings(network_block_all=False)
    equal(sandbox.network_block_all, False)


def states():
    other = daytona.create()
    other.stop()
    other.wait_for_sandbox_stop()
    other.start()
    other.wait_for_sandbox_start()
    equal(other.state, SandboxState.STARTED)
    other.delete()
def computer_use():
    desktop = sandbox.computer_use
    try:
        desktop.start()
    except DaytonaServiceUnavailableError as error:
        assert "apt-get install" in str(error), error
        return
    equal(desktop.get_status().status, "active")
    assert desktop.screenshot.take_full_screen().screenshot.startswith("iVBOR")
    clicked = desktop.mouse.click(100, 200, "left", modifiers=["ctrl"])
    equal((clicked.x, clicked.y), (100, 200))
    desktop.mouse.down(10, 20)
    desktop.mouse.up()
    position = desktop.mouse.get_position()
    equal((position.x, position.y), (10, 20))
    desktop.keyboard.down("shift")
    desktop.keyboard.up("shift")
    desktop.keyboard.hotkey("ctrl+c")
    equal([(each.width, each.height) for each in desktop.display.get_info().displays], [(1024, 768)])
    equal(desktop.recording.list().recordings, [])
    desktop.stop()
def interpreter():
    interpreter = sandbox.code_interpreter
    interpreter.run_code("x = 41")
    equal(interpreter.run_code("print(x + 1)").stdout, "42\n")
    context = interpreter.create_context(cwd="/tmp")
    equal(interpreter.run_code("import os; print('x' in globals(), os.getcwd())", context=context).stdout, "False /tmp\n")
    equal([listed.id for listed in interpreter.list_contexts()], [context.id])
    interpreter.delete_context(context)
    equal(interpreter.list_contexts(), [])


def interpreter_output():
    out, err, errors = [], [], []
    result = sandbox.code_interpreter.run_code(
        "import os, sys\nprint(os.environ['A'])\nprint('err', file=sys.stderr)\n1/0",
        envs={"A": "b c"},
        on_stdout=lambda message: out.append(message.output),
        on_stderr=lambda message: err.append(message.output),
        on_error=lambda error: errors.append(error.name),
    )
    equal((out, err, errors), (["b c\n"], ["err\n"], ["ZeroDivisionError"]))
    equal((result.stdout, result.stderr, result.error.value), ("b c\n", "err\n", "division by zero"))


def interpreter_limits():
    interpreter = sandbox.code_interpreter
    for code, wanted in [("n = 1\nwhile True: pass", DaytonaTimeoutError), ("import os; os._exit(1)", DaytonaError)]:
        try:
            interpreter.run_code(code, timeout=1)
        except wanted:
            continue
        raise AssertionError(f"expected {wanted.__name__}")
    # A megabyte is the largest message that this client takes.
    equal(len(interpreter.run_code("import sys\nn = sys.stdout.write('\\x01' * 3_000_000)").stdout), 3_000_000)
def measured():
    now = sandbox.get_metrics_latest()
    assert 0 < now.mem_used < now.mem_total and now.cpu_count == 1, now
    samples = sandbox.get_metrics()
    assert samples and samples[0].mem_total == now.mem_total, samples


def language_server():
    bare = daytona.create(CreateSandboxFromSnapshotParams(env_vars={"PATH": "/nowhere"}))
    server = bare.create_lsp_server("python", "project")
    for call, reason in [(server.start, "npm install -g pyright"), (lambda: server.document_symbols("a.py"), "Start it first")]:
        try:
            call()
        except DaytonaError as error:
            assert reason in str(error), error
        else:
            raise AssertionError(f"expected an error: {reason}")
    daytona.delete(bare)


def status(url, token=None):
    headers = {"X-Daytona-Preview-Token": token} if token else {}
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers)).status
    except urllib.error.HTTPError as error:
        return error.code


def previews():
    process.exec("mkdir -p site && echo page > site/index.html")
    process.exec("(python3 -m http.server 3000 --directory site > /dev/null 2>&1 < /dev/null &)")
    link = sandbox.get_preview_link(3000)
    while status(link.url, link.token) == 502:  # until the program listens
        pass
    equal((status(link.url), status(link.url, link.token)), (401, 200))
    signed = sandbox.create_signed_preview_url(3000, 60)
    equal(urllib.request.urlopen(signed.url).read(), b"page\n")
    sandbox.expire_signed_preview_url(3000, signed.token)
    equal(status(signed.url), 401)


def volumes():
    name = f"python-{sandbox.id}"
    volume = daytona.volume.get(name, create=True)
    equal(daytona.volume.get(name).id, volume.id)
    mounts = [VolumeMount(volume_id=volume.id, mount_path="/home/daytona/shared")]
    boxes = [daytona.create(CreateSandboxFromSnapshotParams(volumes=mounts)) for _ in range(2)]
    equal(boxes[0].process.exec("echo shared > shared/file").exit_code, 0)
    equal(boxes[1].process.exec("cat shared/file").result.strip(), "shared")
    for box in boxes:
        daytona.delete(box)
    daytona.volume.delete(daytona.volume.get(name))
    not_found(lambda: daytona.volume.get(name))


def bounded():
    sandbox.set_ttl(60)
    sandbox.refresh_data()
    assert sandbox.auto_destroy_at, sandbox
    sandbox.resize(Resources(cpu=2))
    equal(sandbox.cpu, 2)
    try:
        sandbox.pause()
    except DaytonaError as error:
        assert "cannot be paused" in str(error), error
    else:
        raise AssertionError("a container was paused")
    sandbox.set_ttl(0)


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
check("a terminal prints everything and has an exit code", terminal)
check("a terminal is resized and connected to again", terminal_again)
check("a terminal is killed", terminal_killed)
check("an asynchronous terminal", lambda: asyncio.run(asynchronous_terminal()))
check("files are written, listed and read", files)
check("many files at once, searched, changed and moved", many_files)
check("signed URLs read and write, until the key is replaced", signed)
check("network settings are changed while a sandbox runs", network)
check("lists are filtered", filtered)
check("the environment is changed for what is started from now on", environment)
check("a sandbox is stopped, waited for and started again", states)
check("computer use: a picture and a click, or which packages to install", computer_use)
check("an interpreter keeps its state, and its contexts are apart", interpreter)
check("an interpreter streams its output, and an exception is a result", interpreter_output)
check("an interpreter ends code at its timeout, and survives what it runs", interpreter_limits)
check("metrics now and over time", measured)
check("a language server that is not installed", language_server)
check("previews need a token, or are signed", previews)
check("a volume is shared by sandboxes", volumes)
check("a sandbox has a time to live and other resources, and no pause", bounded)
daytona.delete(sandbox)
report()
