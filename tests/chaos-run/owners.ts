/** Which node, and which browser of it, is at the other end of a connection: from the kernel's tables (proc(5)), not from the product. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export type Owner = {
  readonly nodeName: string;
  readonly nodePid: number;
  /** The main process of the browser that asked; undefined when the node asked itself. */
  readonly browserPid: number | undefined;
};

/** Finds who holds the connection from this local port to the target's; undefined when it has gone. */
export function ownerOf(
  connection: { readonly fromPort: number; readonly toPort: number },
  nodePids: ReadonlyMap<string, number>,
): Owner | undefined {
  const inode = inodeOf(connection.fromPort, connection.toPort);
  if (inode === undefined) return undefined;
  const children = childrenOf();
  for (const [nodeName, nodePid] of nodePids) {
    for (const pid of [nodePid, ...below(children, nodePid)]) {
      if (!holds(pid, inode)) continue;
      const browserPid = pid === nodePid ? undefined : browserOf(pid, nodePid);
      return { nodeName, nodePid, browserPid };
    }
  }
  return undefined;
}

function inodeOf(fromPort: number, toPort: number): string | undefined {
  const from = `:${hexOf(fromPort)}`;
  const to = `:${hexOf(toPort)}`;
  const row = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, remote]) => local?.endsWith(from) && remote?.endsWith(to));
  return row?.[9];
}

const hexOf = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");

function holds(pid: number, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(
      (fd) => linkOf(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`,
    );
  } catch {
    return false; // ended meanwhile
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile: the others still count
  }
}

function childrenOf(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

function below(children: ReadonlyMap<number, readonly number[]>, pid: number): number[] {
  return (children.get(pid) ?? []).flatMap((child) => [child, ...below(children, child)]);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    return undefined; // ended meanwhile
  }
}

/** The highest process of the browser below the node: its helpers have a `--type`. */
function browserOf(pid: number, nodePid: number): number | undefined {
  let found: number | undefined;
  for (let one: number | undefined = pid; one !== undefined && one > 1 && one !== nodePid; ) {
    if (!commandOf(one).includes("--type=")) found = one;
    one = parentOf(one);
  }
  return found;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // ended meanwhile
  }
}
