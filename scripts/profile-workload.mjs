// Uses the addon as programs do, while its profile is recorded: scripts/profile-guided.mjs.
//
//   node scripts/profile-workload.mjs commands   at the server of DAYTONA_API_URL
//   node scripts/profile-workload.mjs service    the same, whose commands have large outputs
//   node scripts/profile-workload.mjs local      in a local sandbox
import { DaytonaSandbox } from "../index.js";

const COMMANDS = 3000;
const AT_ONCE = 100;

const WORKLOADS = { commands, service, local };
await WORKLOADS[process.argv[2]]();

/** Many short commands, one after another and at once. */
async function commands() {
  const sandbox = await DaytonaSandbox.create();
  for (let i = 0; i < COMMANDS; i++) await sandbox.execute(`echo ${i}`, { timeout: 60 });
  let started = 0;
  const worker = async () => {
    while (started++ < COMMANDS) await sandbox.execute("true");
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  for (let i = 0; i < COMMANDS / 10; i++) await (await DaytonaSandbox.create()).close();
  await sandbox.close();
}

/** Large outputs and files. */
async function service() {
  const sandbox = await DaytonaSandbox.create();
  for (let i = 0; i < 10; i++) await sandbox.execute("cat build.log");
  const small = Array.from({ length: 100 }, (_, i) => [`/home/daytona/${i}.txt`, Buffer.alloc(1000, "x")]);
  for (let i = 0; i < 30; i++) {
    good(await sandbox.uploadFiles(small));
    good(await sandbox.downloadFiles(small.map(([name]) => name)));
  }
  good(await sandbox.uploadFiles([["/home/daytona/large", Buffer.alloc(64 << 20)]]));
  good(await sandbox.downloadFiles(["/home/daytona/large"]));
  await sandbox.close();
}

/** Sessions, terminals and files of a sandbox. */
async function local() {
  const sandbox = await DaytonaSandbox.create({ target: "local" });
  try {
    const { fs, process: toolbox } = sandbox.sandbox;
    await toolbox.createSession("build");
    for (const lines of [10, 100_000]) {
      const { cmdId } = await toolbox.executeSessionCommand("build", { command: `seq ${lines}`, runAsync: true });
      await toolbox.getSessionCommandLogs("build", cmdId, ignore, ignore);
    }
    const terminal = await toolbox.createPty({ id: "terminal", onData: ignore });
    await terminal.sendInput("seq 100000; exit\n");
    await terminal.wait();
    for (let i = 0; i < 100; i++) {
      await fs.uploadFile(Buffer.from("one\ntwo\n"), `files/${i}.txt`);
      await fs.downloadFile(`files/${i}.txt`);
      await fs.getFileDetails(`files/${i}.txt`);
    }
    await fs.listFiles("files");
    await fs.findFiles("files", "two");
    await sandbox.execute("echo done");
  } finally {
    await sandbox.close();
  }
}

function ignore() {}

function good(results) {
  const failed = results.find(({ error }) => error);
  if (failed) throw new Error(`${failed.path}: ${failed.error}`);
}
