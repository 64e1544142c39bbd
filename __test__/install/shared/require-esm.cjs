// CommonJS that requires an ECMAScript module, which imports the package.
const { output } = require("./imported.mjs");

output().then((text) => console.log(text));
