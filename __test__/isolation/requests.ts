import http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { descendants } from "../support/processes.js";
import type { Attempt } from "./attempt.js";
import { type Answer, type Box, send } from "./box.js";
import { EVERY, ISOLATED, NAMESPACES, SAMPLE } from "./mode.js";
import type { Place } from "./place.js";
import fs from "node:fs";
import { python, shell } from "./sandbox-program.js";

// Requests that stop a sandbox, its file API or the server from answering, or that take its memory.

const HUGE = ["4611686018427387904", "9223372036854775807"];
const TIMERS = ["autostop", "autodelete"].flatMap((timer) => HUGE.map((minutes) => `${timer}/${minutes}`));
const DEEP = `a/`.repeat(8000);

/** Makes one call in a sandbox of its own; then the file API has to answer. */
function survives(act: (box: Box) => Promise<Answer>): (place: Place) => Promise<string> {
  return (place) =>
    place.withFresh(async (box) => {
      const { status } = await act(box);
      const after = await box.call("GET", "files", { query: { path: box.home } });
      return `${status}, then ${after.status}`;
    });
}

const REFUSED_THEN_ANSWERS = /^4\d\d, then 200$/;

function form(parts: Record<string, string>): FormData {
  const body = new FormData();
  for (const [name, value] of Object.entries(parts)) {
    if (name.endsWith("file")) body.set(name, new Blob([value]), "file");
    else body.set(name, value);
  }
  return body;
}

const deepPaths: Attempt[] = [
  ["create a folder", (box: Box) => box.call("POST", "files/folder", { query: { path: `${box.home}/${DEEP}`, mode: "755" } })],
  ["upload to a path", (box: Box) => box.upload(`${box.home}/${DEEP}x`, "x")],
  [
    "upload to one of many paths",
    (box: Box) => box.call("POST", "files/bulk-upload", { body: form({ "files[0].path": `${box.home}/${DEEP}x`, "files[0].file": "x" }) }),
  ],
  ["download a path", (box: Box) => box.download(`${box.home}/${DEEP}x`)],
  ["move to a path", (box: Box) => box.call("POST", "files/move", { query: { source: box.home, destination: `${box.home}/${DEEP}x` } })],
].map(([name, act]) => ({
  name: `${name as string} of 8,000 components`,
  modes: EVERY,
  act: survives(act as (box: Box) => Promise<Answer>),
  gives: REFUSED_THEN_ANSWERS,
}));

const NEST = python`
  os.chdir(os.path.expanduser("~"))
  os.mkdir("deep"); os.chdir("deep")
  for _ in range(2500):
      os.mkdir("a"); os.chdir("a")`;

const deepTrees: Attempt[] = [
  {
    // More than a path has room for. Deeper ones are tested in Rust, without isolation: Landlock walks all the way up for each file.
    name: "list, search and delete a tree of 2,500 levels",
    modes: SAMPLE,
    act: (place) =>
      place.withFresh(async (box) => {
        await box.runProgram(NEST);
        const path = `${box.home}/deep`;
        const calls = [
          ["GET", "files", { path, depth: "20000" }],
          ["GET", "files/search", { path, pattern: "*.none" }],
          ["GET", "files/find", { path, pattern: "none" }],
          ["DELETE", "files", { path, recursive: "true" }],
          ["GET", "files", { path: box.home }],
        ] as const;
        const statuses: number[] = [];
        for (const [method, name, query] of calls) statuses.push((await box.call(method, name, { query, patience: 60_000 })).status);
        return statuses.join();
      }),
    gives: /^([24]\d\d,){3}2\d\d,200$/,
  },
];

const pipes: Attempt[] = [
  {
    name: "end the file API by 520 downloads of a FIFO",
    modes: SAMPLE,
    act: (place) =>
      place.withFresh(async (box) => {
        await box.run("mkfifo ~/fifo");
        const path = `${box.home}/fifo`;
        const answers = await Promise.all(Array.from({ length: 520 }, () => box.download(path)));
        const after = await box.call("GET", "files", { query: { path: box.home } });
        return `${answers.filter(({ status }) => status >= 400).length} refused, then ${after.status}`;
      }),
    gives: "520 refused, then 200",
  },
  ...(
    [
      ["upload to a FIFO", (box: Box) => box.upload(`${box.home}/fifo`, "x")],
      ["replace in a FIFO", (box: Box) => replace(box, `${box.home}/fifo`)],
      ["search in a folder with a FIFO", (box: Box) => box.call("GET", "files/find", { query: { path: box.home, pattern: "x" } })],
      ["download an endless device", (box: Box) => box.download("/dev/zero")],
      ["download a terminal", (box: Box) => box.download("/dev/tty")],
      ["upload to a device", (box: Box) => box.upload("/dev/full", "x")],
    ] as const
  ).map(([name, act]) => ({
    name,
    modes: EVERY,
    act: survives(async (box) => {
      await box.run("mkfifo ~/fifo");
      return act(box);
    }),
    gives: /^[24]\d\d, then 200$/,
  })),
  {
    name: "stop the toolbox from starting by FIFOs in its places",
    modes: NAMESPACES,
    act: (place) =>
      place.withFresh(async (box) => {
        await box.run("for file in shells passwd group hosts resolv.conf hostname; do rm -f /etc/$file; mkfifo /etc/$file; done");
        return box.restart();
      }),
    gives: "answers",
  },
  {
    name: "stop the toolbox from starting by FIFOs in its home",
    modes: EVERY,
    act: (place) =>
      place.withFresh(async (box) => {
        await box.run("for file in .bashrc .bash_profile .profile .zshrc .local .npmrc; do rm -rf ~/$file; mkfifo ~/$file; done");
        return box.restart();
      }),
    gives: "answers",
  },
];

function replace(box: Box, file: string, signal?: AbortSignal): Promise<Answer> {
  return box.call("POST", "files/replace", {
    body: { files: [file], pattern: "none", newValue: "x" },
    ...(signal === undefined ? {} : { signal }),
  });
}

const memory: Attempt[] = [
  {
    name: "take memory by replacing in an endless device",
    modes: EVERY,
    act: (place) =>
      place.withFresh(async (box) => {
        const leaving = new AbortController();
        let status = 0;
        const done = replace(box, "/dev/zero", leaving.signal).then((answer) => (status = answer.status));
        // Until it is answered, or more has been taken than any answer needs.
        while (status === 0 && (await memoryOf(place, "VmRSS")) < 100) await Promise.race([done, wait(5)]);
        leaving.abort();
        return status === 0 ? `more than 100 MB` : `${status}`;
      }),
    gives: /^4\d\d|200$/,
  },
  {
    name: "take memory by 20 MB of output",
    modes: SAMPLE,
    act: (place) =>
      place.withFresh(async (box) => {
        const answer = await box.call("POST", "process/execute", { body: { command: "head -c 20000000 /dev/zero | tr '\\0' x" } });
        const peak = await memoryOf(place, "VmHWM");
        return `${answer.status}, ${answer.text.length >= 20_000_000 ? "whole" : "cut"}, ${peak < 80 ? "below 80 MB" : `${peak} MB`}`;
      }),
    gives: "200, whole, below 80 MB",
  },
];

/** Returns the memory of the largest process of the server's program below it, in MB. */
async function memoryOf({ server, program }: Place, field: "VmRSS" | "VmHWM"): Promise<number> {
  const sizes = descendants(server.pid)
    .filter(({ command }) => /toolbox/.test(command) || command.startsWith(program))
    .map(({ pid }) => {
      try {
        return Number(new RegExp(`${field}:\\s*(\\d+)`).exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
      } catch {
        return 0;
      }
    });
  return Math.round(Math.max(0, ...sizes) / 1000);
}

const lives: Attempt[] = [
  {
    name: "overflow a timer",
    modes: SAMPLE,
    act: async (place) => {
      const boxes = await Promise.all(TIMERS.map(() => place.fresh()));
      for (const [index, timer] of TIMERS.entries()) {
        await boxes[index]?.control("POST", timer);
        if (timer.startsWith("autodelete")) await boxes[index]?.control("POST", "stop");
      }
      // The timers are checked every second. Nothing tells of a timer that does nothing.
      await wait(1200);
      const states = await Promise.all(boxes.map((box) => box.state()));
      await Promise.all(boxes.map((box) => box.delete()));
      return states.join();
    },
    gives: "started,started,stopped,stopped",
  },
  ...["chmod 000 / /etc /home /tmp /run /var", "rm -rf ~", "rm -rf ~; ln -s /nowhere ~", "rm -rf ~; echo > ~"].map((command) => ({
    name: `stop a sandbox from starting by \`${command}\``,
    modes: ISOLATED,
    act: (place: Place) => restartAfter(place, command),
    gives: "answers",
  })),
  ...["chmod 000 ~", "chmod 000 ~/.. ~/../.."].map((command) => ({
    name: `stop a sandbox from starting by \`${command}\` without a reason`,
    modes: ISOLATED,
    act: (place: Place) => restartAfter(place, command),
    gives: /^answers$|[Pp]ermission denied/,
  })),
  {
    name: "leave a sandbox behind by leaving during its creation",
    modes: EVERY,
    act: async (place) => {
      const server = await place.startServer();
      await Promise.all(Array.from({ length: 30 }, (_, index) => leaveCreate(server.apiUrl, server.apiKey, index % 4)));
      // What is being created or removed is listed until that has ended, however long it takes on a busy machine.
      let left = -1;
      for (let tries = 0; tries < 2000 && left !== 0; tries++) {
        left = (JSON.parse((await send(server, "GET", "sandbox/paginated")).text) as { items: unknown[] }).items.length;
        await wait(10);
      }
      await server.end();
      return `${left} left`;
    },
    gives: "0 left",
  },
  {
    name: "leave half a file by an upload that breaks off",
    modes: EVERY,
    act: ({ box }) => breakOff(box),
    gives: /^(old ?)+, 1 file$/,
  },
  {
    name: "read the key in the list of processes",
    modes: EVERY,
    act: async (place) => {
      const key = `key-${place.secret}`;
      const server = await place.startServer({ args: ["--api-key", key] });
      const found = place.marked(key).filter((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(key));
      await server.end();
      return `${found.length} processes show it`;
    },
    gives: "0 processes show it",
  },
  {
    name: "stop a sandbox from ending by stopping its processes",
    modes: EVERY,
    isDestructive: true,
    act: async (place) => {
      const box = await place.fresh();
      const own = await box.runProgram(shell`for entry in /proc/[0-9]*; do
        tr '\0' ' ' < $entry/cmdline 2>/dev/null | grep -q "toolbox" && tr '\0' '\n' < $entry/environ 2>/dev/null | grep -q "MARK=" && echo \${entry#/proc/}
      done; true`);
      await box.run(`kill -STOP ${own.split("\n").join(" ")}`, {}, 500);
      return `${(await box.delete()).status}`;
    },
    gives: "200",
  },
];

function restartAfter(place: Place, command: string): Promise<string> {
  return place.withFresh(async (box) => {
    await box.run(command);
    return box.restart();
  });
}

/** Sends a request that creates a sandbox, and leaves after some milliseconds. */
function leaveCreate(apiUrl: string, apiKey: string, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
    const request = http.request(`${apiUrl}/sandbox`, { method: "POST", headers, agent: false });
    request.on("error", () => resolve());
    // What has been answered was not left, also when the answer arrives after the end of this side.
    request.on("response", (response) => {
      clearTimeout(leaving);
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", () => resolve());
      response.on("end", async () => {
        const { id } = JSON.parse(Buffer.concat(parts).toString()) as { id: string };
        await fetch(`${apiUrl}/sandbox/${id}`, { method: "DELETE", headers });
        resolve();
      });
    });
    let leaving: NodeJS.Timeout;
    request.end("{}", () => (leaving = setTimeout(() => request.socket?.end(), milliseconds)));
  });
}

async function breakOff(box: Box): Promise<string> {
  const folder = `${box.home}/half`;
  await box.run(`mkdir -p ${folder}`);
  await box.upload(`${folder}/file`, "old");
  const url = new URL(`${box.toolbox}files/upload`);
  url.searchParams.set("path", `${folder}/file`);
  const headers = {
    authorization: `Bearer ${box.server.apiKey}`,
    "content-type": "multipart/form-data; boundary=x",
    "content-length": "10000000",
  };
  const request = http.request(url, { method: "POST", headers, agent: false });
  request.on("error", () => {});
  request.write('--x\r\ncontent-disposition: form-data; name="file"; filename="file"\r\n\r\n');
  const seen: string[] = [];
  const look = async () => seen.push((await box.download(`${folder}/file`)).text.slice(0, 3));
  for (let part = 0; part < 5; part++) {
    await new Promise<void>((resolve) => request.write(Buffer.alloc(200_000, "n"), () => resolve()));
    await look();
  }
  const closed = new Promise((resolve) => request.on("close", resolve));
  request.destroy();
  await closed;
  for (let tries = 0; tries < 10; tries++) await look();
  const names = await box.run(`ls -A ${folder} | wc -l`);
  return `${seen.join(" ")}, ${names} file`;
}

export const requests: Attempt[] = [...deepPaths, ...deepTrees, ...pipes, ...memory, ...lives];
