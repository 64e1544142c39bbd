const shared = {
  mode: "production",
  entry: "./main.mjs",
  // deepagents imports "ws" where it is installed.
  externals: { ws: "commonjs ws" },
  optimization: { minimize: false },
};

module.exports = [
  { ...shared, name: "commonjs", target: "node20.9", output: { path: `${__dirname}/out`, filename: "main.cjs" } },
  {
    ...shared,
    name: "esm",
    target: "node20.9",
    dependencies: ["commonjs"],
    experiments: { outputModule: true },
    output: { path: `${__dirname}/out`, filename: "main.mjs", module: true },
  },
];
