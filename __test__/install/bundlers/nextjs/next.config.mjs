export default {
  output: "standalone",
  serverExternalPackages: ["deepagents", "daytona-native"],
};
