// Runs a program of the project with a local server: node with-server.mjs PROGRAM [ARGUMENT…]
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { LocalDaytona } from "daytona-native/local";

const server = await LocalDaytona.start();
const env = { ...process.env, DAYTONA_API_URL: server.apiUrl, DAYTONA_API_KEY: server.apiKey };
const child = spawn("npx", ["--no-install", ...process.argv.slice(2)], { stdio: "inherit", env });
const [code] = await once(child, "exit");
await server.close();
console.log(`exit code ${code}`);
process.exitCode = code;
