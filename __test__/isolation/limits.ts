import fs from "node:fs";
import type { Attempt } from "./attempt.js";
import { EVERY, ISOLATED, ROOT } from "./mode.js";
import type { Place } from "./place.js";
import { python, shell } from "./sandbox-program.js";

// What one sandbox can take from the others and from the host. All of it is bounded in the attempts themselves.

/** Returns why this machine cannot limit memory. */
function withoutMemoryController(): string | undefined {
  const folders = ["/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/cgroup.controllers"];
  const found = folders.filter(
    (file) => fs.existsSync(file) && (file.endsWith("bytes") || fs.readFileSync(file, "utf8").includes("memory")),
  );
  return found.length > 0 ? undefined : "this machine has no memory controller";
}

async function answersBeside(place: Place, command: string): Promise<string> {
  return place.withFresh(async (box) => {
    const running = box.run(command);
    const other = await place.other.run("echo answers");
    return `${await running}; other: ${other}`;
  });
}

export const limits: Attempt[] = [
  {
    name: "have an unlimited number of processes",
    modes: EVERY,
    act: shell`limit=$(ulimit -Hu); [ "$limit" != unlimited ] && [ "$limit" -le 10000 ] && echo limited || echo "limit $limit"`,
    gives: "limited",
  },
  {
    name: "keep the others from answering by 200 processes",
    modes: EVERY,
    act: (place) => answersBeside(place, "for i in $(seq 200); do sleep 30 >/dev/null 2>&1 & done; sleep 0.2; kill $(jobs -p); echo ended"),
    gives: "ended; other: answers",
  },
  {
    name: "use more memory than the sandbox has",
    modes: ROOT,
    unavailable: withoutMemoryController,
    act: (place) =>
      place.withFresh((box) =>
        box.runProgram(python`
          # A quarter more than the gigabyte that the sandbox says it has, in a process that ends at once.
          child = os.fork()
          if child == 0:
              try:
                  taken = [b"x" * (1 << 26) for _ in range(20)]
                  os._exit(0)
              except MemoryError: os._exit(1)
          _, status = os.waitpid(child, 0)
          print("went through" if status == 0 else "refused")`),
      ),
    gives: "refused",
  },
  {
    name: "use more disk than the sandbox has",
    modes: ROOT,
    needs: ["fallocate"],
    act: (place) =>
      place.withFresh((box) => box.run("fallocate -l 3400M ~/large 2>/dev/null && echo went through || echo refused; rm -f ~/large")),
    gives: "refused",
  },
  {
    name: "raise its own limits",
    modes: ISOLATED,
    act: python`
      import resource
      raised = []
      for name in ("RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_CORE"):
          soft, hard = resource.getrlimit(getattr(resource, name))
          try: resource.setrlimit(getattr(resource, name), (soft, hard + 1 if hard >= 0 else hard))
          except (OSError, ValueError): continue
          raised.append(name)
      print("raised:", *raised)`,
    gives: "raised:",
  },
];
