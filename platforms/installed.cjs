// Loads the package of a platform where it is installed, for `#packages`. Each name is a literal, because tools that copy the
// files that a program needs, such as those of Next.js, evaluate nothing else.
exports.loadInstalled = (platform) => {
  try {
    switch (platform) {
      case "darwin-arm64":
        return require("daytona-native-darwin-arm64");
      case "darwin-x64":
        return require("daytona-native-darwin-x64");
      case "linux-arm64-gnu":
        return require("daytona-native-linux-arm64-gnu");
      case "linux-arm64-musl":
        return require("daytona-native-linux-arm64-musl");
      case "linux-x64-gnu":
        return require("daytona-native-linux-x64-gnu");
      case "linux-x64-musl":
        return require("daytona-native-linux-x64-musl");
      case "win32-arm64-msvc":
        return require("daytona-native-win32-arm64-msvc");
      case "win32-x64-msvc":
        return require("daytona-native-win32-x64-msvc");
    }
  } catch {
    // It is not installed.
  }
};
