// One measurement in a new process: node bench/scenarios.mjs SCENARIO MODULE SDK prints one line of JSON.
// DAYTONA_API_URL and DAYTONA_API_KEY configure the service, as for any program.
import { exitClosed, exitOpen, importPackage, importSdk, local } from "./scenarios/processes.mjs";
import { burst, floor, parallel, requests, sequence } from "./scenarios/requests.mjs";
import { module, scenario } from "./scenarios/tools.mjs";
import { bigDownload, bigUpload, output, sinkDiscard, sinkDownload, sinkUpload } from "./scenarios/transfers.mjs";

const SCENARIOS = {
  ...{ importSdk, importPackage, local, exitClosed, exitOpen },
  ...{ requests, sequence, floor, parallel, burst },
  ...{ bigUpload, bigDownload, sinkUpload, sinkDiscard, sinkDownload, output },
};

// Importing is measured separately.
if (!scenario.startsWith("import")) await import(module);
console.log(JSON.stringify(await SCENARIOS[scenario]()));
