import { defineConfig } from "vitest/config";

export default defineConfig({ test: { globalSetup: "daytona-native/testing", globals: true } });
