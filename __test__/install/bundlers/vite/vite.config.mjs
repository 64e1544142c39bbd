// The server part of an application. With BUNDLE, packages are part of the bundle; by default they are not.
export default {
  build: { ssr: "main.mjs", outDir: process.env.BUNDLE ? "out/bundled" : "out/external", minify: false },
  ssr: { noExternal: process.env.BUNDLE ? true : [] },
};
