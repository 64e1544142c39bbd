"""The service's own Python SDK at the local server: git, with remotes in the sandbox by file:// and http://."""
import pathlib

from daytona import (
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaConflictError,
    DaytonaGitAuthFailedError,
    DaytonaGitBranchExistsError,
    DaytonaGitBranchNotFoundError,
    DaytonaGitPushRejectedError,
    DaytonaGitRepoNotFoundError,
    DaytonaGitTransportFailedError,
    SessionExecuteRequest,
)

from checks import check, equal, report

daytona = Daytona()
sandbox = daytona.create(CreateSandboxFromSnapshotParams(language="python"))
git = sandbox.git
AUTHOR = ("Ada", "ada@example.com")


def run(script):
    response = sandbox.process.exec(script)
    assert response.exit_code == 0, response.result
    return response.result


def fails(error, call):
    try:
        call()
    except error:
        return
    raise AssertionError(f"expected {error.__name__}")


home = run("echo $HOME").strip()
sandbox.fs.upload_file((pathlib.Path(__file__).parent.parent / "support/git-server.py").read_bytes(), "server.py")
run(
    "git config --global init.defaultBranch main; git config --global user.name S; git config --global user.email s@example.com; "
    "mkdir remotes; cd remotes; git init -q --bare o.git; git clone -q o.git ../seed 2>/dev/null; cd ../seed; echo one > a.txt; "
    "git add .; git commit -qm first; git push -q origin main"
)
sandbox.process.create_session("server")
sandbox.process.execute_session_command(
    "server", SessionExecuteRequest(command="cd remotes && python3 ../server.py ../port", run_async=True)
)
http = "http://127.0.0.1:" + run("until test -e port; do sleep 0.02; done; cat port")


def clone_and_push(kind, url):
    git.clone(url=url, path=kind)
    equal(git.branches(kind).branches, ["main"])
    sandbox.fs.upload_file(b"x", f"{kind}/{kind}.txt")
    git.add(kind, [f"{kind}.txt"])
    status = git.status(kind)
    equal((status.current_branch, status.file_status[0].name, status.file_status[0].staging), ("main", f"{kind}.txt", "Added"))
    sha = git.commit(path=kind, message="m", author=AUTHOR[0], email=AUTHOR[1]).sha
    git.push(kind)
    equal(run("git -C remotes/o.git rev-parse main").strip(), sha)


def credentials():
    url = f"{http}/private/o.git"
    fails(DaytonaGitAuthFailedError, lambda: git.clone(url=url, path="private"))
    git.clone(url=url, path="private", username="u", password="secret")
    git.commit("private", "m", *AUTHOR, allow_empty=True)
    fails(DaytonaGitAuthFailedError, lambda: git.push("private"))
    git.push("private", username="u", password="secret")
    git.pull("private", username="u", password="secret")


def branches():
    git.create_branch("file", "new")
    fails(DaytonaGitBranchExistsError, lambda: git.create_branch("file", "new"))
    git.checkout_branch("file", "main")
    git.delete_branch("file", "new")
    fails(DaytonaGitBranchNotFoundError, lambda: git.delete_branch("file", "new"))


def failures():
    fails(DaytonaGitRepoNotFoundError, lambda: git.status("none"))
    fails(DaytonaGitRepoNotFoundError, lambda: git.clone(url=f"{http}/none.git", path="x"))
    fails(DaytonaGitBranchNotFoundError, lambda: git.clone(url=f"{http}/o.git", path="x", branch="none"))
    fails(DaytonaGitTransportFailedError, lambda: git.clone(url="http://127.0.0.1:9/x.git", path="x"))
    git.commit("file", "mine", *AUTHOR, allow_empty=True)
    fails(DaytonaGitPushRejectedError, lambda: git.push("file"))
    fails(DaytonaConflictError, lambda: git.pull("file"))


def own_repository():
    git.init("own", initial_branch="trunk")
    equal(git.branches("own").branches, [])
    sandbox.fs.upload_file(b"one", "own/a")
    git.add("own", ["."])
    git.commit("own", "first", *AUTHOR)
    sandbox.fs.upload_file(b"two", "own/a")
    git.add("own", ["a"])
    git.restore("own", ["a"], staged=True)
    git.restore("own", ["a"])
    equal(git.status("own").file_status, [])
    git.commit("own", "second", *AUTHOR, allow_empty=True)
    git.reset("own", mode="hard", target="HEAD~1")
    equal(run("git -C own log --format=%s"), "first\n")


def configuration():
    git.set_config("test.key", "value")
    equal(git.get_config("test.key"), "value")
    equal(git.get_config("test.none"), None)
    git.configure_user("Local", "l@example.com", scope="local", path="own")
    equal(git.get_config("user.name", scope="local", path="own"), "Local")
    git.remote_add("own", "origin", f"{http}/o.git", fetch=True)
    equal(git.remote_get("own", "origin"), f"{http}/o.git")
    equal([(remote.name, remote.url) for remote in git.remotes("own").remotes], [("origin", f"{http}/o.git")])


def stored_credentials():
    git.dangerously_authenticate("u", "secret", host=http.removeprefix("http://"), protocol="http")
    git.clone(url=f"{http}/private/o.git", path="stored")


try:
    check("a clone and a push over file", lambda: clone_and_push("file", f"file://{home}/remotes/o.git"))
    check("a clone and a push over http", lambda: clone_and_push("http", f"{http}/o.git"))
    check("credentials", credentials)
    check("branches", branches)
    check("failures", failures)
    check("a new repository, reset and restored", own_repository)
    check("configuration and remotes", configuration)
    check("stored credentials", stored_credentials)
finally:
    daytona.delete(sandbox)
report()
