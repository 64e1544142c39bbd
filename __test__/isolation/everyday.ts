import type { Attempt } from "./attempt.js";
import { EVERY } from "./mode.js";

// Programs that people use every day: they work in each mode. A program that the host lacks is not tried.

const IN_FOLDER = 'cd "$(mktemp -d)" &&';

/** Name, what it does, and what that prints. */
const PROGRAMS: [string, string, string | RegExp][] = [
  [
    "git",
    `${IN_FOLDER} git init -q . && echo x > a && git add a && git -c user.name=x -c user.email=x@localhost commit -qm first && git log --format=%s`,
    "first",
  ],
  [
    "git",
    `${IN_FOLDER} git init -q one && (cd one && git -c user.name=x -c user.email=x@localhost commit -q --allow-empty -m first) && git clone -q one two && ls`,
    "one\ntwo",
  ],
  ["git", "git config --global user.name x && git config --global --get user.name && git config --global --unset user.name", "x"],
  ["wget", "wget --version | head -1", /^GNU Wget/],
  ["curl", "curl --version | head -1", /^curl /],
  [
    "python3",
    `${IN_FOLDER} python3 -m venv --without-pip venv && venv/bin/python -c 'import sys; print(sys.prefix != sys.base_prefix)'`,
    "True",
  ],
  [
    "python3",
    `python3 -c 'import os, pwd; print(pwd.getpwuid(os.getuid()).pw_name, pwd.getpwuid(os.getuid()).pw_dir)'`,
    "daytona /home/daytona",
  ],
  ["python3", `python3 -c 'import multiprocessing as m; print(m.Lock().acquire(), m.Queue().empty())'`, "True True"],
  ["python3", `python3 -c 'import multiprocessing as m; print(m.Pool(2).map(abs, [-1, -2]))'`, "[1, 2]"],
  ["python3", `python3 -c 'import sqlite3; print(sqlite3.connect("x.db").execute("select 1").fetchone())'; rm x.db`, "(1,)"],
  ["python3", `python3 -c 'import tempfile, os; file = tempfile.NamedTemporaryFile(); print(os.path.isfile(file.name))'`, "True"],
  ["python3", `python3 -c 'import socket; print(socket.gethostbyname("localhost"))'`, "127.0.0.1"],
  ["node", `node -p 'os.userInfo().username + " " + os.homedir()'`, "daytona /home/daytona"],
  ["node", `node -p 'fs.mkdtempSync(os.tmpdir() + "/x").length > 4'`, "true"],
  ["npm", `${IN_FOLDER} npm init -y >/dev/null && node -p 'require("./package.json").version'`, "1.0.0"],
  ["ssh", "ssh -V 2>&1", /^OpenSSH/],
  ["ssh", "ssh -G localhost 2>/dev/null | grep -m1 ^user", /^user daytona$/],
  ["ssh-keygen", `${IN_FOLDER} ssh-keygen -q -t ed25519 -N '' -f key && ls`, "key\nkey.pub"],
  ["mktemp", "file=$(mktemp) && [ -w $file ] && rm $file && echo works", "works"],
  ["bash", `cat <<< "here" && cat <(echo there)`, "here\nthere"],
  ["tar", `${IN_FOLDER} echo x > a && tar czf a.tgz a && rm a && tar xzf a.tgz && cat a`, "x"],
  ["gzip", "echo x | gzip | gzip -d", "x"],
  ["unzip", `${IN_FOLDER} python3 -c 'import zipfile; zipfile.ZipFile("a.zip", "w").writestr("a", "x")' && unzip -p a.zip`, "x"],
  ["sed", `${IN_FOLDER} echo a > f && sed -i s/a/b/ f && cat f`, "b"],
  ["awk", "echo 1 2 | awk '{ print $1 + $2 }'", "3"],
  ["find", `${IN_FOLDER} touch a b && find . -type f | sort | xargs echo`, "./a ./b"],
  ["sort", "seq 3 | sort -rn --parallel=2 -S 1M | tr -d '\\n'", "321"],
  ["diff", `${IN_FOLDER} echo a > a; echo b > b; diff a b > p; patch -s a p && cat a`, "b"],
  ["make", `${IN_FOLDER} printf 'all:\\n\\t@echo made\\n' > Makefile && make`, "made"],
  ["cc", `${IN_FOLDER} echo 'int main(void) { return 0; }' > a.c && cc a.c -o a && ./a && echo built`, "built"],
  ["perl", `perl -MFile::Temp -e 'print scalar getpwuid($<), "\\n"'`, "daytona"],
  ["sqlite3", `${IN_FOLDER} sqlite3 a.db 'create table t (x); insert into t values (1); select x from t'`, "1"],
  ["jq", `echo '{"a":1}' | jq .a`, "1"],
  ["bc", "echo 2^10 | bc", "1024"],
  ["tmux", "tmux -L x new-session -d 'sleep 30' && tmux -L x list-sessions -F x && tmux -L x kill-server", "x"],
  ["less", "echo x | less", "x"],
  ["vim", `${IN_FOLDER} echo a > f && vim -Nu NONE -es +s/a/b/ +wq f </dev/null; cat f`, "b"],
  ["script", "script -qec tty /dev/null | grep -c /dev/pts/", "1"],
  ["nproc", "[ $(nproc) -ge 1 ] && echo some", "some"],
  ["df", "df -P . | tail -1 | wc -l", "1"],
  ["ps", "ps -o comm= -p $$", /sh$/],
  ["id", "id -un", "daytona"],
  ["whoami", "whoami", "daytona"],
  ["hostname", "hostname >/dev/null && echo named", "named"],
  ["date", "TZ=Europe/Berlin date +%Z -d 2026-01-01", "CET"],
  ["openssl", "openssl rand -hex 4 | wc -c", "9"],
  ["flock", `${IN_FOLDER} flock lock echo locked`, "locked"],
  ["getent", "getent passwd $(id -u) | cut -d: -f1,6", "daytona:/home/daytona"],
  ["locale", "locale charmap", "UTF-8"],
];

export const everyday: Attempt[] = PROGRAMS.map(([program, act, gives], index) => ({
  name: `${program}: ${act.length > 90 ? `${act.slice(0, 90)}…` : act}${PROGRAMS.findIndex(([, other]) => other === act) === index ? "" : " again"}`,
  modes: EVERY,
  needs: [program],
  act: { language: "shell", source: act },
  gives,
}));
