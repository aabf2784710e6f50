/** Doctor: memory and open files. Whether they do for as many attempts at once as are asked for. */
import { readFileSync } from "node:fs";
import { freemem } from "node:os";
import type { Finding } from "../finding.ts";

/** Gateway, nats-server and a node take half of it (measured 2026-11: a node 93 MB, with its drivers loaded). */
const BASE_MB = 400;
/** A headless Chromium with one plain page takes 140 MB (measured 2026-11); real pages take more. */
const SLOT_MB = 300;
const MEGABYTE = 1_048_576;
const FILES_MIN = 1_024;

/** What this process may still take: of the machine, or of its container when that is less. */
export function availableBytes(): number {
  return process.availableMemory?.() ?? freemem();
}

/** P: one finding. */
export function judgeMemory(bytes: number, slots: number): Finding {
  const name = "memory";
  const megabytes = Math.floor(bytes / MEGABYTE);
  const neededMb = BASE_MB + slots * SLOT_MB;
  const said = `${megabytes} MB available, ${slots} slots take about ${neededMb} MB`;
  if (megabytes >= neededMb) return { name, state: "works", said };
  const fits = Math.floor((megabytes - BASE_MB) / SLOT_MB);
  const fix =
    fits >= 1
      ? `end other programs, or run fewer attempts at once: --slots ${fits}`
      : `end other programs: one slot takes about ${BASE_MB + SLOT_MB} MB`;
  return { name, state: "broken", said, fix };
}

/** How many files a process may have open; undefined where nothing tells. */
export function openFilesMax(): number | undefined {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
    if (soft === undefined) return undefined;
    return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    // Only Linux tells it this way.
    return undefined;
  }
}

/** P: one finding. */
export function judgeOpenFiles(count: number): Finding {
  const name = "open files";
  const said = `${count} at once in a process`;
  if (count >= FILES_MIN) return { name, state: "works", said };
  return { name, state: "broken", said, fix: `ulimit -n ${FILES_MIN} before the program starts` };
}
