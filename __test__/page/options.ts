/** An option of `DaytonaSandbox.create`, with the requests for its values. */
export interface OptionRow {
  option: string;
  /** Whether the documented page has a row for it. */
  onPage: boolean;
  /** The documented default, or a dash. */
  stated: string;
  cases: OptionCase[];
}

interface OptionCase {
  value: unknown;
  /** Other required options. */
  beside?: Record<string, unknown>;
  /** The fields that the request has in addition to `plainBody`. */
  body: Record<string, unknown>;
}

/** The create request without options and without the lease label. */
export const plainBody = { env: {}, labels: { "code-toolbox-language": "typescript" } };

const labelled = (language: string) => ({ labels: { "code-toolbox-language": language } });
const minutes = (option: string, values: number[]): OptionCase[] => values.map((value) => ({ value, body: { [option]: value } }));
const built = (image: string) => ({ buildInfo: { dockerfileContent: `FROM ${image}\n` } });

export const configuration: OptionRow[] = [
  {
    option: "language",
    onPage: true,
    stated: "typescript",
    cases: ["typescript", "python", "javascript"].map((value) => ({ value, body: labelled(value) })),
  },
  // Its effect on commands is tested separately.
  { option: "timeout", onPage: true, stated: "300", cases: [0, 1, 300, 1.5].map((value) => ({ value, body: {} })) },
  { option: "target", onPage: true, stated: "us", cases: ["us", "eu", "my-region"].map((value) => ({ value, body: { target: value } })) },
  {
    option: "image",
    onPage: true,
    stated: "-",
    cases: ["node:20", "python:3.12"].map((value) => ({ value, body: built(value) })),
  },
  { option: "snapshot", onPage: true, stated: "-", cases: [{ value: "my-snapshot", body: { snapshot: "my-snapshot" } }] },
  {
    option: "resources",
    onPage: true,
    stated: "-",
    cases: [
      { value: { cpu: 4, memory: 8, disk: 50 }, beside: { image: "node:20" }, body: { ...built("node:20"), cpu: 4, memory: 8, disk: 50 } },
      { value: { memory: 2 }, beside: { image: "node:20" }, body: { ...built("node:20"), memory: 2 } },
      { value: {}, body: {} },
    ],
  },
  { option: "autoStopInterval", onPage: true, stated: "15", cases: minutes("autoStopInterval", [0, 1, 60]) },
  {
    option: "labels",
    onPage: true,
    stated: "-",
    cases: [
      { value: { team: "a", empty: "" }, body: { labels: { "code-toolbox-language": "typescript", team: "a", empty: "" } } },
      { value: {}, body: {} },
    ],
  },
  // Its effect is tested separately.
  { option: "initialFiles", onPage: true, stated: "-", cases: [{ value: {}, body: {} }] },
  { option: "envVars", onPage: false, stated: "-", cases: [{ value: { A: "1", B: "" }, body: { env: { A: "1", B: "" } } }] },
  { option: "autoArchiveInterval", onPage: false, stated: "-", cases: minutes("autoArchiveInterval", [0, 60]) },
  { option: "autoDeleteInterval", onPage: false, stated: "-", cases: minutes("autoDeleteInterval", [-1, 0, 60]) },
  { option: "ttlMinutes", onPage: false, stated: "-", cases: minutes("ttlMinutes", [0, 60]) },
  {
    option: "volumes",
    onPage: false,
    stated: "-",
    cases: [
      [],
      [
        { volumeId: "cache", mountPath: "/cache" },
        { volumeId: "v", mountPath: "/v", subpath: "a/b" },
      ],
    ].map((value) => ({
      value,
      body: { volumes: value },
    })),
  },
  { option: "name", onPage: false, stated: "-", cases: [{ value: "my-name", body: { name: "my-name" } }] },
  {
    option: "networkBlockAll",
    onPage: false,
    stated: "-",
    cases: [true, false].map((value) => ({ value, body: { networkBlockAll: value } })),
  },
];

/** An environment variable, with the equivalent option. */
export interface VariableRow {
  name: "DAYTONA_API_KEY" | "DAYTONA_API_URL" | "DAYTONA_TARGET";
  /** Returns the equivalent options, which take precedence. */
  options(value: string): Record<string, unknown>;
}

export const environmentVariables: VariableRow[] = [
  { name: "DAYTONA_API_KEY", options: (apiKey) => ({ auth: { apiKey } }) },
  { name: "DAYTONA_API_URL", options: (apiUrl) => ({ auth: { apiUrl } }) },
  { name: "DAYTONA_TARGET", options: (target) => ({ target }) },
];
