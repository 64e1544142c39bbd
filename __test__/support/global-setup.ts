import type { TestProject } from "vitest/node";
import { startServer } from "./server.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The local server that all tests share. */
    daytona: { apiUrl: string; apiKey: string; isolation: string };
  }
}

/** Starts one local server for all tests, as a user starts it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Tests must not use the developer's configuration for the real service.
  for (const name of Object.keys(process.env)) if (name.startsWith("DAYTONA_") && name !== "DAYTONA_SHARED_DIR") delete process.env[name];

  const server = await startServer();
  const { apiUrl, apiKey, isolation } = server;
  project.provide("daytona", { apiUrl, apiKey, isolation });
  console.log(`local server for the tests at ${apiUrl}, isolation: ${isolation}`);
  return () => server.close();
}
