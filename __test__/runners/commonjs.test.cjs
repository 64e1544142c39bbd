const defineChecks = require("./checks.cjs");

const load = () => ({ daytona: require("daytona-native"), sdk: require("daytona-native/sdk") });

defineChecks(
  () => ({ ...load(), alias: require("@langchain/daytona"), aliasSdk: require("@langchain/daytona/sdk") }),
  async () => {
    jest.resetModules();
    return load();
  },
);
