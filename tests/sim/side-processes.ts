/** Many seeds by several processes at once: each takes its part of them, and the first violation ends all. */
import { spawn } from "node:child_process";
import { join } from "node:path";

export type Parts = {
  readonly first: number;
  readonly count: number;
  /** At least 1. */
  readonly processCount: number;
  readonly isLarge: boolean;
  readonly say: (line: string) => void;
};

/** @returns The worst exit code. */
export async function simulateInParts(parts: Parts): Promise<number> {
  const { first, count, processCount, say } = parts;
  const share = Math.ceil(count / processCount);
  const children: ReturnType<typeof spawn>[] = [];
  const codes = Array.from({ length: processCount }, (_, index) => {
    const from = first + index * share;
    const own = Math.min(share, first + count - from);
    if (own <= 0) return Promise.resolve(0);
    const args = ["--seed", `${from}`, "--seeds", `${own}`, ...(parts.isLarge ? ["--large"] : [])];
    const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...args]);
    children.push(child);
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data: Buffer) => say(data.toString().trimEnd()));
    return new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        if (code !== 0) for (const other of children) other.kill();
        resolve(code ?? 1);
      });
    });
  });
  return Math.max(...(await Promise.all(codes)));
}
