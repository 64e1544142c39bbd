module.exports = { globalSetup: "daytona-native/testing", testMatch: ["**/*.test.cjs"] };
