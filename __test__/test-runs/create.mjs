import fs from "node:fs";
import { DaytonaSandbox } from "daytona-native";

/** Creates a sandbox with the labels of the run. */
export function create() {
  return DaytonaSandbox.create({ labels: { run: process.env.RUN } });
}

/** Tells the spec which sandbox a test file has, and on which server. */
export function record(file, { id, client }) {
  const { apiUrl } = client.toJSON();
  const { DAYTONA_API_KEY: apiKey } = process.env;
  fs.appendFileSync(process.env.RECORD, `${JSON.stringify({ file, id, apiUrl, apiKey })}\n`);
}
