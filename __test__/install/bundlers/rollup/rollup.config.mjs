import commonjs from "@rollup/plugin-commonjs";
import json from "@rollup/plugin-json";
import nodeResolve from "@rollup/plugin-node-resolve";

export default {
  input: "main.mjs",
  output: [
    { file: "out/main.mjs", format: "es", inlineDynamicImports: true },
    { file: "out/main.cjs", format: "cjs", inlineDynamicImports: true },
  ],
  plugins: [nodeResolve({ preferBuiltins: true, exportConditions: ["node"] }), commonjs(), json()],
};
