// The SDK in a bare `vm` context, which has no global of Node.js: the packages of the project are evaluated in the context.
// Prints what is wrong, or nothing.
const fs = require("node:fs");
const { createRequire, isBuiltin } = require("node:module");
const vm = require("node:vm");

const context = vm.createContext({ AbortSignal, Buffer, TextDecoder, TextEncoder, console, process });
const modules = new Map();

function load(file) {
  const require = createRequire(file);
  const requireHere = (name) => {
    const found = require.resolve(name);
    return isBuiltin(name) || found.endsWith(".node") ? require(name) : load(found);
  };
  if (!modules.has(file)) {
    const module = { exports: {} };
    modules.set(file, module);
    const run = vm.compileFunction(fs.readFileSync(file, "utf8"), ["require", "module", "exports", "__filename", "__dirname"], {
      filename: file,
      parsingContext: context,
    });
    run(Object.assign(requireHere, { resolve: require.resolve }), module, module.exports, file, require("node:path").dirname(file));
  }
  return modules.get(file).exports;
}

context.sdk = load(require.resolve("daytona-native/sdk"));
const check = `(async () => {
  const wrong = [];
  const is = (what, value, Class) => value instanceof Class || wrong.push(what + " is no " + Class.name);
  const failure = async (call) => { try { await call(); } catch (error) { return error; } };
  const daytona = new sdk.Daytona();
  is("an error of a constructor", await failure(() => new sdk.Daytona({ apiUrl: "no url" })), sdk.DaytonaInvalidArgumentError);
  is("an error of a request", await failure(() => daytona.get("no-such-sandbox")), sdk.DaytonaNotFoundError);
  is("an error of an argument", await failure(() => daytona.get(5)), sdk.DaytonaInvalidArgumentError);
  is("an error", await failure(() => daytona.get(5)), Error);
  const sandbox = await daytona.create({ labels: { a: "b" } });
  try {
    is("labels", sandbox.labels, Object);
    is("a promise", sandbox.fs.listFiles("."), Promise);
    is("a result", await sandbox.process.executeCommand("true"), Object);
    await sandbox.fs.uploadFile(new Uint8Array([1]), "bytes");
    await sandbox.fs.uploadFileStream(new Uint8Array([2]), "bytes");
    is("a list", await sandbox.fs.listFiles("."), Array);
    is("an entry", (await sandbox.fs.listFiles("."))[0], Object);
    if ((await sandbox.fs.downloadFile("bytes"))[0] !== 2) wrong.push("an upload");
  } finally {
    await sandbox.delete();
  }
  return wrong.join("\\n");
})()`;
vm.runInContext(check, context).then(
  (wrong) => process.stdout.write(wrong),
  (error) => process.stdout.write(String(error?.stack ?? error)),
);
