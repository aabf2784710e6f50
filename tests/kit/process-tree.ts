/** The processes below one, as Linux tells of them. */
import { readdirSync, readFileSync } from "node:fs";

/** Every process below one, its own pid not among them. */
export function descendants(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1]);
        return [{ pid: Number(name), parent }];
      } catch {
        return []; // ended meanwhile
      }
    });
  const below = (of: number): number[] =>
    parents
      .filter(({ parent }) => parent === of)
      .flatMap((child) => [child.pid, ...below(child.pid)]);
  return below(pid);
}

/** Stops (SIGSTOP) every process of our program below one: the nodes of its mesh. */
export function freezeNodes(pid: number): void {
  for (const one of descendants(pid))
    if (readFileSync(`/proc/${one}/cmdline`, "utf8").includes("main.ts"))
      process.kill(one, "SIGSTOP");
}

/** The words of a process, with spaces between; empty when it is gone. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // ended meanwhile
  }
}
