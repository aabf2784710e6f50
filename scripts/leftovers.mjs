/** What a gate left behind: processes that carry its mark in their environment, files in its temporary folder. */
import { readdirSync, readFileSync } from "node:fs";

/** Caches of tools, not of ours. */
const CACHES = /^(node-compile-cache|bun-.*|\.bun.*|\.org\.chromium.*)$/;

/** Processes of this user that inherited `PANOPTIC_TEST_MARK=mark`; none where there is no /proc. */
export function leftProcesses(mark) {
  return pids().flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(`PANOPTIC_TEST_MARK=${mark}`))
        return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return command === "" ? [] : [`process ${pid}: ${command.slice(0, 200)}`];
    } catch {
      return []; // gone meanwhile, or another user's
    }
  });
}

/** Everything in the folder but caches. */
export function leftFiles(folder) {
  return readdirSync(folder)
    .filter((name) => !CACHES.test(name))
    .map((name) => `temporary file ${name}`);
}

function pids() {
  try {
    return readdirSync("/proc").filter(
      (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
    );
  } catch {
    return []; // no /proc on this system
  }
}
