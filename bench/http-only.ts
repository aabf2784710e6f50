/** What a made-up node of a bench says that it can do: tests of one HTTP step. */
import type { Capabilities } from "#proto/hello.ts";

export const HTTP_ONLY: Capabilities = {
  able: [{ platform: "http" }],
  unable: [],
  labels: [],
  os: "",
  arch: "",
  cpuCount: 1,
  memoryBytes: 1,
};
