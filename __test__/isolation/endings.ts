import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { alive, type Process, until } from "../support/processes.js";
import type { Attempt } from "./attempt.js";
import type { Box } from "./box.js";
import { EVERY, ISOLATED, NAMESPACES, SAMPLE } from "./mode.js";
import type { Place } from "./place.js";
import type { Running } from "./program.js";
import { python } from "./sandbox-program.js";

// Processes and files that outlive their sandbox or the server. Each attempt has a server of its own.

/** A process that has its own session, ignores signals and does not hold the output of the command. */
const DAEMON = python`
  go = detach()
  go()
  while True: signal.pause()`;

/**
 * A library whose constructor runs in every program that loads it. The first ones stay: PID 1 never gets to its own code,
 * and the others leave a process behind that closes what it inherits.
 */
const LIBRARY = `
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static void stay(void) {
  for (int number = 1; number < 32; number++) signal(number, SIG_IGN);
  for (;;) pause();
}

__attribute__((constructor)) static void start(void) {
  const char *folder = getenv("STAY_IN") ? getenv("STAY_IN") : "/tmp";
  char name[200];
  int taken = -1;
  for (int number = 0; number < 4 && taken < 0; number++) {
    snprintf(name, sizeof name, "%s/stays-%d", folder, number);
    taken = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
  }
  if (taken < 0) return;
  close(taken);
  prctl(PR_SET_PDEATHSIG, 0);
  if (getpid() == 1) {
    if (fork() > 0) stay();
  } else if (fork() == 0) {
    setsid();
    if (fork() > 0) _exit(0);
    for (int descriptor = 0; descriptor < 64; descriptor++) close(descriptor);
    stay();
  }
}`;

/** Returns how many processes live on after the kernel had time to end them, and the first of them. */
async function left(place: Place, server: Running, before: Process[], keep: Process[] = []): Promise<string> {
  const kept = [server.pid, ...keep.map(({ pid }) => pid)];
  const find = () =>
    [...new Set([...place.marked(server.temp), ...alive(before).map(({ pid }) => pid)])].filter((pid) => !kept.includes(pid));
  for (let tries = 0; tries < 100 && find().length > 0; tries++) await wait(20);
  return `${find().length} processes`;
}

/** Starts a server and a sandbox, and tells what is left when the sandbox is deleted, and when the server has ended. */
function outlives(act: (box: Box, place: Place) => Promise<unknown>, env: Record<string, string> = {}): (place: Place) => Promise<string> {
  return async (place) => {
    const server = await place.startServer();
    const janitors = place.remember(server);
    const box = await place.fresh({ ...env, TEMP_OF_SERVER: server.temp }, server);
    await act(box, place);
    const all = place.remember(server);
    const { status } = await box.delete();
    const afterDelete = await left(place, server, minus(all, janitors), janitors);
    await server.end();
    return `delete: ${status}, ${afterDelete}; end: ${await left(place, server, all)}, ${fs.readdirSync(server.temp).length} files`;
  };
}

function minus(all: Process[], some: Process[]): Process[] {
  return all.filter(({ pid }) => !some.some((other) => other.pid === pid));
}

const NOTHING = "delete: 200, 0 processes; end: 0 processes, 0 files";

/** Uploads the library, compiled on the host. */
async function uploadLibrary(box: Box, place: Place): Promise<void> {
  const source = path.join(place.folder, "stay.c");
  const library = path.join(place.folder, "stay.so");
  if (!fs.existsSync(library)) {
    fs.writeFileSync(source, LIBRARY);
    execFileSync("cc", ["-shared", "-fPIC", "-o", library, source]);
  }
  await box.upload(`${box.home}/stay.so`, new Uint8Array(fs.readFileSync(library)));
}

async function nest(box: Box): Promise<void> {
  await box.runProgram(python`
    os.chdir(os.path.expanduser("~"))
    for _ in range(8000):
        os.mkdir("a"); os.chdir("a")`);
}

/** Starts a server with a sandbox in which a process ignores signals. Returns it, with the processes that guard the sandbox. */
async function serveDaemon(place: Place): Promise<{ server: Running; guards: ReturnType<Place["remember"]> }> {
  const server = await place.startServer();
  const box = await place.fresh({ TEMP_OF_SERVER: server.temp }, server);
  await box.runProgram(DAEMON);
  return { server, guards: place.remember(server) };
}

export const endings: Attempt[] = [
  {
    name: "outlive the sandbox as a process that ignores signals",
    modes: EVERY,
    act: outlives((box) => box.runProgram(DAEMON)),
    gives: NOTHING,
  },
  {
    name: "outlive the sandbox by a library named in its environment",
    modes: EVERY,
    needs: ["cc"],
    act: outlives(
      async (box, place) => {
        await uploadLibrary(box, place);
        await box.restart();
      },
      { LD_PRELOAD: "/home/daytona/stay.so:./stay.so", STAY_IN: "." },
    ),
    gives: NOTHING,
  },
  {
    name: "outlive the sandbox by a library named in /etc/ld.so.preload",
    modes: NAMESPACES,
    needs: ["cc"],
    act: outlives(async (box, place) => {
      await uploadLibrary(box, place);
      await box.run("echo /home/daytona/stay.so > /etc/ld.so.preload");
      await box.restart();
    }),
    gives: NOTHING,
  },
  {
    name: "outlive the sandbox by variables that change how programs are loaded",
    modes: ISOLATED,
    act: outlives((box) => box.restart(), {
      LD_AUDIT: "/home/daytona/audit.so",
      LD_LIBRARY_PATH: "/home/daytona",
      LD_DEBUG: "all",
      LD_BIND_NOW: "1",
      GCONV_PATH: "/home/daytona",
      MALLOC_PERTURB_: "1",
      TOKIO_WORKER_THREADS: "0",
      RUST_LOG: "trace",
      PATH: "/home/daytona",
      HOME: "/",
      TMPDIR: "/home/daytona/none",
    }),
    gives: NOTHING,
  },
  {
    name: "outlive a server that is killed",
    modes: EVERY,
    act: async (place) => {
      const { server, guards } = await serveDaemon(place);
      await server.end("SIGKILL");
      const processes = await left(place, server, guards);
      return `${processes}, ${fs.readdirSync(server.temp).length} files`;
    },
    gives: "0 processes, 0 files",
  },
  {
    name: "outlive a server that is killed with everything that guards it",
    modes: EVERY,
    act: async (place) => {
      const { server, guards } = await serveDaemon(place);
      const janitors = guards.filter(({ command }) => command.includes("janitor"));
      for (const { pid } of janitors) process.kill(pid, "SIGKILL");
      await server.end("SIGKILL");
      const processes = await left(place, server, guards);
      const next = await place.startServer({ temp: server.temp });
      const list = () => fs.readdirSync(server.temp).filter((name) => name.startsWith("daytona-local"));
      // It need not be ready later for that.
      for (let tries = 0; tries < 100 && list().length > 1; tries++) await wait(20);
      const folders = list();
      await next.end();
      return `${janitors.length > 0 ? "" : "no janitor found, "}${processes}, folders beside that of the next server: ${folders.length - 1}`;
    },
    gives: "0 processes, folders beside that of the next server: 0",
  },
  {
    name: "outlive a server that is killed with the process that started the sandbox",
    modes: NAMESPACES,
    act: async (place) => {
      const { server, guards } = await serveDaemon(place);
      // The one that waits outside, first.
      for (const { pid } of guards.filter(({ command }) => command.includes("sandbox-init"))) process.kill(pid, "SIGKILL");
      await server.end("SIGKILL");
      return left(place, server, guards);
    },
    gives: "0 processes",
  },
  {
    name: "stay on the disk, or delay the end of the server, by 8,000 nested folders",
    modes: SAMPLE,
    act: async (place) => {
      const server = await place.startServer();
      const box = await place.fresh({}, server);
      await nest(box);
      const { status } = await box.delete();
      const seconds = await server.end();
      // A slow disk takes longer to remove so many folders; that goes on after the end.
      await until(() => fs.readdirSync(server.temp).length === 0);
      return `delete: ${status}, end: ${seconds < 15 ? "soon" : `after ${Math.round(seconds)} s`}`;
    },
    gives: "delete: 200, end: soon",
  },
];
