// Paths of the files of this package, which daytona-native loads. Does not load them itself.
const path = require("node:path");

exports.version = "0.1.0";
exports.addon = path.join(__dirname, "daytona-native.win32-arm64-msvc.node");
